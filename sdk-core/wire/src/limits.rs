//! Every limit of the wire in one place, each with its reason.

/// One event, as the bytes of its JSON text: 32 KiB.
///
/// The limit that Segment documents for one call and that its SDKs enforce before they send. An event over it
/// is a dump, not an observation; it is refused alone and its batch goes on.
pub const EVENT_BYTES_MAX: usize = 32 * 1024;

/// One batch body as a client builds it: 500 KiB.
///
/// Segment's documented request limit. A client seals its batches below it; a collector answers 413 above it,
/// upon which every SDK that knows the status halves its batch.
pub const BATCH_BYTES_MAX: usize = 500 * 1024;

/// Events in one batch: 2,500, as Segment documents.
pub const BATCH_EVENTS_MAX: usize = 2_500;

/// A request body after decompression: 4 MiB.
///
/// What a collector is ready to hold for one request, whatever its compressed size: eight times a full batch,
/// so that imports and other vendors' bulk senders fit, and small enough that a bomb costs nothing.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Nesting depth of objects and arrays: 100.
///
/// Below the 128 levels at which `serde_json` stops, so that what a client accepts a server can read.
pub const DEPTH_MAX: usize = 100;

/// Nesting depth of an object that a client makes a part of an event: 97.
///
/// Within a batch it lies three levels deeper, and whoever reads a batch or a record back must be able to.
pub const PART_DEPTH_MAX: usize = DEPTH_MAX - 3;

/// Bytes of an id (`messageId`, `anonymousId`, `userId`, `groupId`, `previousId`): 512.
///
/// PostHog refuses ids over 200 characters; some systems use URLs or signed tokens as ids, so this is more
/// generous. Ids are join keys: an id of kilobytes is a payload in the wrong field.
pub const ID_BYTES_MAX: usize = 512;

/// Bytes of an event's or a page's name: 1,024.
///
/// Names are chart labels and file-wide dictionary entries; free text belongs in properties.
pub const NAME_BYTES_MAX: usize = 1_024;

/// How far in the future an event may lie after clock correction: 24 h, in microseconds.
///
/// Past it a device's clock is simply wrong, and a report that ends tomorrow would count the event never.
/// PostHog uses 23 h; a day covers every time zone mistake.
pub const FUTURE_US_MAX: i64 = 24 * 3_600 * 1_000_000;
