//! Bars on a terminal, nothing elsewhere. Always on standard error: standard output is for answers.

use std::{
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
};

use holloway_pipeline::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar for each part of a job.
#[derive(Debug, Default)]
pub(crate) struct Bars {
    current: Mutex<Option<ProgressBar>>,
}

impl Progress for Bars {
    fn begin(&self, what: &str, total: Option<u64>) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let bar = match total {
            Some(total) => {
                ProgressBar::new(total).with_style(style("{msg:22} {bar:40} {human_pos}/{human_len} {eta}"))
            }
            None => ProgressBar::new_spinner().with_style(style("{msg:22} {spinner}")),
        };
        *self.lock() = Some(bar.with_message(what.to_owned()));
    }

    fn advance(&self, steps: u64) {
        if let Some(bar) = &*self.lock() {
            bar.inc(steps);
        }
    }

    fn end(&self) {
        if let Some(bar) = self.lock().take() {
            bar.finish_and_clear();
        }
    }
}

impl Bars {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
