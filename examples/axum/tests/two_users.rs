//! Two users through one server are two persons, each with the events of their own; and a login joins the web visitor.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use holloway_collector::{Config, Server};
use holloway_pipeline::{DeriveOptions, Quiet, derive, person};

#[test]
fn two_users_through_one_server_are_two_persons() {
    let (data, events) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("runs");
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::new(data.path()) };
    let server = runtime.block_on(Server::bind(config)).expect("binds");
    let collector = format!("http://{}", server.local_addr().expect("an address"));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let done = runtime.spawn(server.run(async move {
        let _ = stopped.await;
    }));

    let (mut shop, address) = start(&collector, events.path());
    let post = |path: &str, user: &str, cookie: &str| {
        let answer = request(&address, "POST", path, &[("x-user", user), ("cookie", cookie)]);
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    };
    // A page view as the browser package sends it, which begins a session.
    let page = r#"{"writeKey":"demo","anonymousId":"visitor-1","context":{"library":{"name":"holloway-js"},"session":{"id":"s","eventIndex":1}}}"#;
    let answer = send(&collector["http://".len()..], "POST", "/v1/page", &[], page);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The shop's page for the same visitor: no user, and the cookie of the browser package.
    request(&address, "GET", "/products/lamp", &[("cookie", "a=b; hw_demo=visitor-1/////")]);
    post("/login", "ada", "hw_demo=visitor-1/ada////");
    post("/orders?total=12.5", "ada", "hw_demo=visitor-1/ada////");
    post("/orders?total=8", "bob", "");
    post("/orders?total=9", "bob", "");
    post("/orders?total=1", "", ""); // of no one, and not recorded
    let ended = Command::new("kill").arg(shop.id().to_string()).status().expect("runs");
    assert!(ended.success() && shop.wait().expect("ends").success(), "the shop ends in order");
    drop(stop);
    runtime.block_on(done).expect("joins").expect("stops in order");

    let summary = derive(data.path(), &DeriveOptions::default(), &Quiet).expect("derives");
    assert_eq!((summary.events, summary.people), (6, 2), "nothing is the client's own");
    let [ada, visitor, bob] =
        ["ada", "visitor-1", "bob"].map(|id| person(data.path(), id).expect("is known"));
    assert_eq!(ada.person_id, visitor.person_id, "the login joined them");
    assert_ne!(ada.person_id, bob.person_id);
    assert_eq!((&ada.profile["events"], &bob.profile["events"]), (&4.into(), &2.into()));
    assert_eq!(ada.sessions.len(), 1, "the server's events join the visitor's session");
    assert_eq!((&ada.sessions[0]["events"], &ada.sessions[0]["page_views"]), (&4.into(), &1.into()));
    assert!(bob.sessions.is_empty(), "and begin none: {:?}", bob.sessions);
    assert_eq!(bob.ids.len(), 1, "{:?}", bob.ids);
}

/// Starts the shop; answers its address.
fn start(collector: &str, events: &Path) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holloway-axum-example"));
    command.args(["--host", collector, "--listen", "127.0.0.1:0"]).arg("--dir").arg(events);
    let mut shop = command.stdout(Stdio::piped()).spawn().expect("starts");
    let mut line = String::new();
    let stdout = shop.stdout.take().expect("is piped");
    BufReader::new(stdout).read_line(&mut line).expect("reads");
    let (_, address) = line.trim().split_once("http://").expect("an address");
    (shop, address.to_owned())
}

fn request(address: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    send(address, method, path, headers, "")
}

fn send(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connects");
    let bytes = body.len();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {bytes}\r\n");
    head.push_str("connection: close\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    write!(stream, "{head}user-agent: Firefox\r\n\r\n{body}").expect("writes");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("reads");
    answer
}
