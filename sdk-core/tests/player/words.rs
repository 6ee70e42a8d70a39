//! What a case's words stand for.

use holloway_core::{Config, Consent, Diagnostic, Registration};
use serde_json::Value;

pub(super) fn word(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic {
        Diagnostic::BadJson { .. } => "bad_json",
        Diagnostic::MissingName => "missing_name",
        Diagnostic::Lost { .. } => "lost",
        Diagnostic::StateDamaged { copy_used: true } => "copy_used",
        Diagnostic::StateDamaged { copy_used: false } => "state_lost",
        Diagnostic::StorageFailed => "storage_failed",
        Diagnostic::Paused { .. } => "paused",
        Diagnostic::Retrying { .. } => "retrying",
        Diagnostic::Unreachable { .. } => "unreachable",
        Diagnostic::ClockSkew { .. } => "clock_skew",
    }
}

pub(super) fn configured(fields: &Value) -> Result<Config, String> {
    let mut config = Config::new("KEY");
    for (field, value) in fields.as_object().into_iter().flatten() {
        let number = value.as_u64().unwrap_or_default();
        match field.as_str() {
            "flush_at" => config.flush_at = number as usize,
            "outbox_events_max" => config.outbox_events_max = number as usize,
            "outbox_bytes_max" => config.outbox_bytes_max = number as usize,
            "breaker_failures" => config.breaker_failures = number as u32,
            "sampled_sessions_ppm" => config.sampled_sessions_ppm = number as u32,
            "session_events" => config.session_events = value == true,
            "session_by_campaign" => config.session_by_campaign = value == true,
            "consent_purpose" if value == "ads" => config.consent_purpose = "ads",
            "anonymous_id" => config.anonymous_id = value.as_str().unwrap_or_default().into(),
            "consent" => config.consent = consent(value.as_str().unwrap_or_default())?,
            other => return Err(format!("unknown setting {other}")),
        }
    }
    Ok(config)
}

pub(super) fn consent(word: &str) -> Result<Consent, String> {
    Ok(match word {
        "unknown" => Consent::Unknown,
        "granted" => Consent::Granted,
        "denied" => Consent::Denied,
        other => return Err(format!("unknown consent {other}")),
    })
}

pub(super) fn registration(word: &str) -> Result<Registration, String> {
    Ok(match word {
        "" => Registration::Always,
        "once" => Registration::Once,
        "session" => Registration::Session,
        other => return Err(format!("unknown registration {other}")),
    })
}
