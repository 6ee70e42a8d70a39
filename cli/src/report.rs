//! `holloway derive`, `holloway report` and `holloway person`.

use std::path::Path;

use anyhow::Result;
use holloway_pipeline::{
    DeriveOptions, DeriveSummary, PersonReport,
    report::{
        self, By, CohortKind, CohortRow, FunnelOptions, FunnelReport, Order, Period, Range, RetentionOptions,
        RetentionReport, SessionsReport,
    },
};
use serde_json::Value;

use crate::{
    Done,
    arguments::{self, BadArgument, Derive, Person, Ranged, Report, ReportKind, Scope},
    draw::{bar, columns, duration, grouped, percent, say},
    progress::Bars,
};

pub(crate) fn derive(options: &Derive) -> Result<Done> {
    let derive_options = DeriveOptions {
        session_timeout: options.session_timeout,
        scope: match options.session_scope {
            Scope::Person => holloway_rules::session::SessionScope::Person,
            Scope::Device => holloway_rules::session::SessionScope::Device,
        },
        timezone: options.timezone.clone(),
        full: options.full,
        threads: options.threads,
        memory_limit: options.memory_limit,
    };
    let summary = holloway_pipeline::derive(options.data.existing()?, &derive_options, &Bars::default())?;
    if options.data.json {
        say!("{}", serde_json::to_string(&summary)?);
    } else {
        print_summary(&summary);
    }
    Ok(Done::Well)
}

pub(crate) fn print_summary(summary: &DeriveSummary) {
    say!(
        "{} events of {} people in {} sessions ({} refused merges, {} people made anew, {} ms)",
        grouped(summary.events),
        grouped(summary.people),
        grouped(summary.sessions),
        grouped(summary.refused_merges),
        grouped(summary.dirty_people),
        grouped(summary.elapsed_ms),
    );
}

pub(crate) fn run(options: &Report) -> Result<Done> {
    match &options.kind {
        ReportKind::Sessions(ranged) => {
            let report = report::sessions(ranged.data.existing()?, &range(ranged)?)?;
            print(&report, ranged.data.json, print_sessions)?;
        }
        ReportKind::Funnel(funnel) => {
            let mut steps = funnel.steps.clone();
            steps.extend(funnel.step.iter().cloned());
            if steps.is_empty() {
                return Err(BadArgument("expected steps, found none: give --steps A,B,C".to_owned()).into());
            }
            let asked = FunnelOptions {
                steps,
                window_ms: i64::try_from(funnel.window.as_millis()).unwrap_or(i64::MAX),
                order: match funnel.order {
                    arguments::Order::Ordered => Order::Ordered,
                    arguments::Order::Strict => Order::Strict,
                    arguments::Order::Unordered => Order::Unordered,
                },
                by: match funnel.by {
                    arguments::By::People => By::People,
                    arguments::By::Sessions => By::Sessions,
                    arguments::By::Totals => By::Totals,
                },
                range: range(&funnel.range)?,
            };
            let report = report::funnel(funnel.range.data.existing()?, &asked)?;
            print(&report, funnel.range.data.json, print_funnel)?;
        }
        ReportKind::Retention(retention) => {
            let asked = RetentionOptions {
                start: retention.start.clone(),
                returning: retention.returning.clone(),
                period: match retention.period {
                    arguments::Period::Day => Period::Day,
                    arguments::Period::Week => Period::Week,
                    arguments::Period::Month => Period::Month,
                },
                periods: retention.periods,
                cohort: match retention.cohort {
                    arguments::Cohort::First => CohortKind::First,
                    arguments::Cohort::Recurring => CohortKind::Recurring,
                },
                range: range(&retention.range)?,
            };
            let report = report::retention(retention.range.data.existing()?, &asked)?;
            print(&report, retention.range.data.json, print_retention)?;
        }
    }
    Ok(Done::Well)
}

pub(crate) fn person(options: &Person) -> Result<Done> {
    let report = holloway_pipeline::person(options.data.existing()?, &options.id)?;
    print(&report, options.data.json, print_person)?;
    Ok(Done::Well)
}

/// Prints the folder's most frequent events, the funnel that they make, retention and sessions, with headings.
/// `steps` are those of the funnel; without any, the sequence in which most people meet the events.
pub(crate) fn print_overview(data: &Path, steps: &[&str]) -> Result<()> {
    const TOP_EVENTS: usize = 12;
    let range = Range::default();
    let events = report::events(data, &range, TOP_EVENTS)?;
    say!("\nEvents by the people who have them");
    let mut rows = vec![["event", "people", "events"].map(str::to_owned).to_vec()];
    rows.extend(
        events.events.iter().map(|row| vec![row.event.clone(), grouped(row.people), grouped(row.count)]),
    );
    columns(&rows);
    let steps: Vec<String> = if steps.is_empty() {
        events.sequence
    } else {
        steps.iter().map(|step| (*step).to_owned()).collect()
    };
    if !steps.is_empty() {
        say!("\nFunnel: people on the way to {} within 7 days", steps[steps.len() - 1]);
        let asked = FunnelOptions {
            steps,
            window_ms: 7 * 86_400_000,
            order: Order::Ordered,
            by: By::People,
            range: range.clone(),
        };
        print_funnel(&report::funnel(data, &asked)?);
    }
    say!("\nRetention: people who come back, by the week of their first event");
    let asked = RetentionOptions { periods: 7, range: range.clone(), ..RetentionOptions::default() };
    print_retention(&report::retention(data, &asked)?);
    say!("\nSessions");
    print_sessions(&report::sessions(data, &range)?);
    Ok(())
}

fn range(ranged: &Ranged) -> Result<Range> {
    Range::parse(ranged.from.as_deref(), ranged.to.as_deref(), Some(&ranged.timezone))
        .map_err(|error| BadArgument(error.to_string()).into())
}

fn print<R: serde::Serialize>(report: &R, json: bool, draw: impl Fn(&R)) -> Result<()> {
    if json {
        say!("{}", serde_json::to_string(report)?);
    } else {
        draw(report);
    }
    Ok(())
}

fn print_sessions(report: &SessionsReport) {
    columns(&[
        vec!["people".to_owned(), grouped(report.people)],
        vec!["sessions".to_owned(), grouped(report.sessions)],
        vec!["events".to_owned(), grouped(report.events)],
        vec!["events per session".to_owned(), format!("{:.1}", report.events_per_session.mean)],
        vec!["duration, mean".to_owned(), duration(report.duration_ms.mean)],
        vec!["duration, median".to_owned(), duration(report.duration_ms.median)],
        vec![
            "bounce rate".to_owned(),
            report.bounce_rate.map_or_else(|| "– (no page views)".to_owned(), percent),
        ],
    ]);
    let share = |sessions: u64| sessions as f64 / report.sessions.max(1) as f64;
    let list = |title: &str, rows: Vec<(&str, u64)>| {
        if rows.is_empty() {
            return;
        }
        say!("  {title}");
        for (name, sessions) in rows.into_iter().take(8) {
            say!("    {name:<36} {:>9}  {}", grouped(sessions), bar(share(sessions), 24));
        }
    };
    list("entry pages", report.entry_pages.iter().map(|row| (row.page.as_str(), row.sessions)).collect());
    list("exit pages", report.exit_pages.iter().map(|row| (row.page.as_str(), row.sessions)).collect());
    list("channels", report.channels.iter().map(|row| (row.channel.as_str(), row.sessions)).collect());
}

fn print_funnel(report: &FunnelReport) {
    let width = report.steps.iter().map(|step| step.event.chars().count()).max().unwrap_or_default();
    for step in &report.steps {
        let padding = " ".repeat(width - step.event.chars().count());
        say!(
            "  {}{padding}  {:>9}  {:>7}  {}",
            step.event,
            grouped(step.count),
            percent(step.conversion),
            bar(step.conversion, 40)
        );
    }
}

fn print_retention(report: &RetentionReport) {
    const SHADES: [&str; 5] = [" ", "░", "▒", "▓", "█"];
    // Periods that no cohort has reached yet are left blank.
    let reached = |(at, cohort): (usize, &CohortRow)| {
        cohort.returned.iter().rposition(|returned| *returned > 0).map(|period| at + period)
    };
    let last = report.cohorts.iter().enumerate().filter_map(reached).max().unwrap_or_default();
    let mut header = vec!["cohort".to_owned(), "people".to_owned()];
    header.extend((0..=last).map(|period| format!("+{period}")));
    let mut rows = vec![header];
    for (at, cohort) in report.cohorts.iter().enumerate() {
        let mut row = vec![cohort.start.clone(), grouped(cohort.size)];
        row.extend(cohort.returned.iter().take((last + 1).saturating_sub(at)).map(|returned| {
            if cohort.size == 0 {
                return "-".to_owned();
            }
            let share = *returned as f64 / cohort.size as f64;
            format!("{} {:>3.0} %", SHADES[(share * 4.0).ceil() as usize % 5], share * 100.0)
        }));
        rows.push(row);
    }
    columns(&rows);
}

fn print_person(report: &PersonReport) {
    say!("person {}", report.person_id);
    let text = |value: &Value| match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    say!("ids");
    let mut rows = vec![["kind", "id", "from", "to"].map(str::to_owned).to_vec()];
    for id in &report.ids {
        let time =
            |field: &str, open: &str| if id[field].is_null() { open.to_owned() } else { text(&id[field]) };
        let (from, to) = (time("valid_from", "beginning"), time("valid_to", "no end"));
        rows.push(vec![text(&id["kind"]), text(&id["id"]), from, to]);
    }
    columns(&rows);
    say!("profile");
    if let Some(profile) = report.profile.as_object() {
        for (field, value) in
            profile.iter().filter(|(field, _)| !matches!(field.as_str(), "person_id" | "daily_counts"))
        {
            say!("  {field:<20} {}", text(value));
        }
    }
    say!("sessions");
    let fields = ["started_at", "duration_ms", "events", "page_views", "entry_page", "exit_page", "channel"];
    let mut rows = vec![fields.map(|field| field.trim_end_matches("_ms").to_owned()).to_vec()];
    for session in &report.sessions {
        let cell = |field: &str| match session[field].as_f64() {
            Some(ms) if field == "duration_ms" => duration(ms),
            _ => text(&session[field]),
        };
        rows.push(fields.iter().map(|field| cell(field)).collect());
    }
    columns(&rows);
}
