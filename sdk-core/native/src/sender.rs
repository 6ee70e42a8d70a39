//! The thread that sends.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Sender, channel},
};

use holloway_core::{Request, Token};

use crate::{
    message::Message,
    thread,
    transport::{Delivery, Transport, TransportError},
};

/// Where a batch goes.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) host: String,
    pub(crate) write_key: String,
}

/// Starts the sending thread; it ends when its requests' other end is gone.
pub(crate) fn start_sender(
    mut transport: Box<dyn Transport>,
    destination: Destination,
    messages: Sender<Message>,
) -> io::Result<Sender<(Token, Request)>> {
    let (requests, queue) = channel::<(Token, Request)>();
    thread::start("holloway-send", None, move || {
        for (token, request) in queue {
            let delivery = Delivery {
                host: &destination.host,
                write_key: &destination.write_key,
                idempotency_key: &request.idempotency_key(),
                body: &request.body,
            };
            // A transport of the app's own that panics is one that did not answer: the events stay.
            let answer = catch_unwind(AssertUnwindSafe(|| transport.send(&delivery))).unwrap_or_else(|_| {
                Err(TransportError {
                    host: destination.host.clone(),
                    detail: "the transport panicked".to_owned(),
                })
            });
            if messages.send(Message::Sent(token, answer)).is_err() {
                return;
            }
        }
    })?;
    Ok(requests)
}
