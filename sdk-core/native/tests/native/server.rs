//! A collector of a few lines on a loopback socket, which answers as it is told.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use serde_json::Value;

const LONG: Duration = Duration::from_secs(20);

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) at: Instant,
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Unpacked.
    pub(crate) body: Value,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The names of its events.
    pub(crate) fn names(&self) -> Vec<String> {
        let events = self.body["batch"].as_array().expect("a batch");
        events.iter().map(|event| event["event"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// What to answer. A status of 0 is no answer: the connection stays open until the test ends.
#[derive(Clone, Debug)]
pub(crate) struct Answer(pub(crate) u16, pub(crate) &'static str);

pub(crate) struct Server {
    pub(crate) url: String,
    requests: Receiver<Request>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

impl Server {
    /// Answers with these, and then with 200.
    pub(crate) fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let answers = Arc::new(Mutex::new(answers.iter().cloned().collect::<VecDeque<_>>()));
        let (sender, requests) = channel();
        let shared = Arc::clone(&answers);
        thread(move || {
            for connection in listener.incoming() {
                let (sender, answers) = (sender.clone(), Arc::clone(&shared));
                thread(move || drop(serve(&connection.expect("accepts"), &sender, &answers)));
            }
        });
        Self { url, requests, answers }
    }

    pub(crate) fn answer_next(&self, answer: Answer) {
        self.answers.lock().expect("no panic").push_back(answer);
    }

    /// The next request, as soon as it is there.
    pub(crate) fn request(&self) -> Request {
        self.requests.recv_timeout(LONG).expect("a request")
    }

    /// The requests that came and were not asked for.
    pub(crate) fn rest(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

fn thread(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().spawn(run).expect("starts a thread");
}

/// Serves one connection until the other side closes it.
fn serve(
    connection: &TcpStream,
    sender: &Sender<Request>,
    answers: &Mutex<VecDeque<Answer>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut headers = Vec::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        let header =
            |name: &str| headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str());
        let length = header("content-length").expect("a length").parse().expect("a number");
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        if header("content-encoding") == Some("gzip") {
            let packed = std::mem::take(&mut body);
            flate2::read::GzDecoder::new(&*packed).read_to_end(&mut body)?;
        }
        let body = serde_json::from_slice(&body).expect("JSON");
        let request = Request { at: now(), line: line.trim_end().to_owned(), headers, body };
        let answer = answers.lock().expect("no panic").pop_front().unwrap_or(Answer(200, ""));
        if sender.send(request).is_err() {
            return Ok(());
        }
        if answer.0 == 0 {
            continue;
        }
        let Answer(status, extra) = answer;
        let text = format!("HTTP/1.1 {status} Told\r\n{extra}content-length: 2\r\n\r\n{{}}");
        (&mut &*connection).write_all(text.as_bytes())?;
    }
}

#[expect(clippy::disallowed_methods, reason = "a test of waiting over real HTTP measures the wait")]
fn now() -> Instant {
    Instant::now()
}
