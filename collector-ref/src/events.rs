//! A request with events: from its bytes to its receipt.

use std::{net::IpAddr, net::Ipv6Addr, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use holloway_wire::{
    EventKind, RawJson, Timestamp, Verdict, decode,
    limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, BODY_BYTES_MAX},
    write_receipt,
};
use http_body_util::BodyExt as _;

use crate::{
    Source,
    access::Claims,
    admission::Admission,
    body::{BodyError, decompress, unwrap_form},
    clock::now,
    committer::{Losses, Settled},
    cookie::{self, Visitor},
    fate::Mark,
    refusal::Refusal,
    server::Shared,
    waiting::Share,
};

/// A sender that takes longer for a body of at most 4 MiB holds memory for nothing.
const BODY_SECONDS_MAX: u64 = 30;

/// What the route and the head of a request say about its events.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) route: decode::Route,
    /// An import may be larger than a client's batch.
    pub(crate) import: bool,
    pub(crate) claims: Claims,
    encoding: Option<String>,
    user_agent: Option<String>,
    ip: String,
}

impl Head {
    pub(crate) fn of(
        route: decode::Route,
        import: bool,
        headers: &HeaderMap,
        query: Option<&str>,
        ip: IpAddr,
    ) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            route,
            import,
            claims: Claims::of(headers, query),
            encoding: text(header::CONTENT_ENCODING),
            user_agent: text(header::USER_AGENT),
            ip: truncated(ip),
        }
    }
}

/// A refusal and how many events go back with it.
pub(crate) type Refused = (Refusal, u64);

/// What is answered when the events are on disk.
pub(crate) struct Accepted {
    pub(crate) receipt: Vec<u8>,
    /// Only looked for where a cookie is set.
    pub(crate) visitor: Option<Visitor>,
}

/// Reads, judges and stores the events; the receipt is written when they are on disk.
pub(crate) async fn receive(shared: &Shared, head: &Head, body: Body) -> Result<Accepted, Refused> {
    let mut share = shared.room.share();
    let limit = Duration::from_secs(BODY_SECONDS_MAX);
    let raw = match tokio::time::timeout(limit, read(body, &mut share)).await {
        Ok(read) => read.map_err(|refusal| (refusal, 1))?,
        Err(_) => return Err((Refusal::Slow(BODY_SECONDS_MAX), 1)),
    };
    let Judged { admission, losses, visitor, refusal } = judge(shared, head, &raw, &mut share)?;
    drop(raw);
    let events = admission.entries().len() as u64;
    let stored = shared.committer.store(admission, losses).await;
    match (stored, refusal) {
        (Ok(settled), None) => Ok(Accepted { receipt: receipt(&settled), visitor }),
        // The payload is in the quarantine and counted there.
        (Ok(_), Some(refusal)) => Err((refusal, 0)),
        // The intake has counted them, unless it has ended.
        (Err(_), _) => Err((Refusal::Storage, if shared.committer.has_ended() { events } else { 0 })),
    }
}

/// A request's events, ready to be stored.
struct Judged {
    admission: Admission,
    losses: Losses,
    visitor: Option<Visitor>,
    /// What to answer once the payload is kept: it was no request.
    refusal: Option<Refusal>,
}

/// Everything that needs no disk and no other request.
fn judge(shared: &Shared, head: &Head, raw: &Bytes, share: &mut Share) -> Result<Judged, Refused> {
    let received_at = now();
    let spoilt = |payload: &[u8], refusal: Refusal| {
        let write_key = authorise(shared, &head.claims, None, received_at).map_err(|refusal| (refusal, 1))?;
        let mut admission = Admission::default();
        let source = source(head, &write_key, received_at);
        admission.payload(payload, &source, "body", refusal.reason(), &refusal.to_string());
        let losses = Losses { received_at, write_key, by_reason: Vec::new() };
        Ok(Judged { admission, losses, visitor: None, refusal: Some(refusal) })
    };
    let text = match decompress(raw, head.encoding.as_deref()) {
        Ok(text) => text,
        Err(BodyError::TooLarge) => return Err((BodyError::TooLarge.into(), 1)),
        Err(error) => return spoilt(raw, error.into()),
    };
    let text = unwrap_form(&text);
    let text = match decode::calls(&text).filter(|_| head.route == decode::Route::Batch) {
        Some(batch) => batch.into(),
        None => text,
    };
    // Its own copy, and the records that are made from it.
    share.grow(2 * text.len()).map_err(|refusal| (refusal, 1))?;
    let body = match decode::body(&text, head.route) {
        Ok(body) => body,
        Err(error) => return spoilt(&text, error.into()),
    };
    let events = body.events.len();
    let back = |refusal: Refusal| (refusal, events.max(1) as u64);
    let write_key = authorise(shared, &head.claims, body.write_key.as_deref(), received_at).map_err(back)?;
    if !head.import && head.route == decode::Route::Batch {
        if text.len() > BATCH_BYTES_MAX {
            return Err(back(Refusal::BatchTooLarge(text.len())));
        }
        if events > BATCH_EVENTS_MAX {
            return Err(back(Refusal::TooManyEvents(events)));
        }
    }
    let source = Source {
        sent_at: body.sent_at,
        batch_context: body.context.map(RawJson::text),
        ..source(head, &write_key, received_at)
    };
    let mut admission = Admission::with_capacity(events, text.len());
    for event in &body.events {
        admission.event(event, &source);
    }
    let by_reason = body.losses.iter().map(|(reason, events)| (reason.to_string(), *events)).collect();
    let losses = Losses { received_at, write_key, by_reason };
    // An import is no browser's.
    let sets_cookie = shared.cookie.is_some() && !head.import;
    let visitor = if sets_cookie { cookie::visitor(&body.events, head.route) } else { None };
    Ok(Judged { admission, losses, visitor, refusal: None })
}

/// The bytes of a body, counted while they come.
async fn read(mut body: Body, share: &mut Share) -> Result<Bytes, Refusal> {
    let mut whole = Bytes::new();
    let mut more: Vec<u8> = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::Interrupted)?.into_data() else { continue };
        if whole.len() + more.len() + data.len() > BODY_BYTES_MAX {
            return Err(BodyError::TooLarge.into());
        }
        share.grow(data.len())?;
        if whole.is_empty() && more.is_empty() {
            whole = data;
        } else {
            more.extend_from_slice(&std::mem::take(&mut whole));
            more.extend_from_slice(&data);
        }
    }
    Ok(if more.is_empty() { whole } else { more.into() })
}

fn authorise(
    shared: &Shared,
    claims: &Claims,
    body: Option<&str>,
    now: Timestamp,
) -> Result<String, Refusal> {
    match claims.write_key(body) {
        Some(key) if shared.accepts(key, now) => Ok(key.to_owned()),
        Some(key) => Err(Refusal::UnknownKey(key.chars().take(64).collect())),
        None => Err(Refusal::NoKey),
    }
}

fn source<'a>(head: &'a Head, write_key: &'a str, received_at: Timestamp) -> Source<'a> {
    let default_kind: Option<EventKind> = match head.route {
        decode::Route::Single(kind) => Some(kind),
        decode::Route::Batch => None,
    };
    Source {
        ip: Some(&head.ip),
        user_agent: head.user_agent.as_deref(),
        default_kind,
        ..Source::new(write_key, received_at)
    }
}

fn receipt(settled: &Settled) -> Vec<u8> {
    let lines: Vec<(&str, Verdict, Option<String>)> = settled
        .admission
        .entries()
        .iter()
        .zip(&settled.marks)
        .map(|(entry, mark)| match (mark, &entry.refused) {
            (Mark::Quarantined, Some(refused)) => {
                let reason = format!("{}: {}", refused.reason, refused.detail);
                (entry.message_id.as_str(), Verdict::Invalid, Some(reason))
            }
            (Mark::Duplicate, _) => (entry.message_id.as_str(), Verdict::Duplicate, None),
            _ => (entry.message_id.as_str(), Verdict::Ok, None),
        })
        .collect();
    let mut receipt = Vec::new();
    write_receipt(&mut receipt, lines.iter().map(|(id, verdict, why)| (*id, *verdict, why.as_deref())), None);
    receipt
}

/// An address without the part that names one household: the last byte of IPv4, the last ten of IPv6.
fn truncated(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0")
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_cut_to_a_household_or_more() {
        let check =
            |ip: &str, expected: &str| assert_eq!(truncated(ip.parse().expect("an address")), expected);
        check("203.0.113.77", "203.0.113.0");
        check("::ffff:203.0.113.77", "203.0.113.0");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1::");
    }
}
