//! The view of now, and which page views are the same one.

/// Within so many milliseconds a page view of the same address that says the same is the same one: an effect that ran
/// twice.
const REPEAT_MS: f64 = 1_000.0;

/// What a visitor sees under one route.
#[derive(Debug, Default)]
pub(super) struct View {
    id: String,
    path: String,
    /// Its page view was recorded.
    is_viewed: bool,
    /// The page view that was recorded last: its address, its time and what it said.
    last: (String, f64, String),
}

impl View {
    /// Returns the id of the view of this path; another path begins another view.
    pub(super) fn id(&mut self, path: &str, new_id: impl FnOnce() -> String) -> String {
        if self.id.is_empty() || self.path != path {
            path.clone_into(&mut self.path);
            self.id = new_id();
            self.is_viewed = false;
        }
        self.id.clone()
    }

    /// Begins another view with the next event.
    pub(super) fn end(&mut self) {
        self.id.clear();
    }

    /// Returns whether a page view is another one than the last, and begins a view of its own where this one has one.
    pub(super) fn take(&mut self, href: &str, path: &str, said: &str, unix_ms: f64) -> bool {
        let (last_href, last_ms, last_said) = &self.last;
        if href == last_href && said == last_said && (unix_ms - last_ms).abs() < REPEAT_MS {
            return false;
        }
        if self.is_viewed && self.path == path {
            self.end();
        }
        self.last = (href.to_owned(), unix_ms, said.to_owned());
        true
    }

    /// The view of now has its page view.
    pub(super) fn mark_viewed(&mut self) {
        self.is_viewed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Page views by address, name and time, and the views that they belong to; 0 for one that is not recorded.
    fn check(views: &[(&str, &str, f64)], expected: &[usize]) {
        let (mut view, mut count) = (View::default(), 0);
        let found: Vec<usize> = views
            .iter()
            .map(|(path, name, unix_ms)| {
                if !view.take(path, path, name, *unix_ms) {
                    return 0;
                }
                let id = view.id(path, || {
                    count += 1;
                    count.to_string()
                });
                view.mark_viewed();
                id.parse().expect("a number")
            })
            .collect();
        assert_eq!(found, expected, "{views:?}");
    }

    #[test]
    fn a_page_view_of_the_same_address_within_a_second_counts_once() {
        check(&[("/a", "A", 1_000.0), ("/a", "A", 1_999.0)], &[1, 0]);
        check(&[("/a", "A", 1_000.0), ("/a", "A", 2_000.0)], &[1, 2]);
        check(&[("/a", "A", 1_000.0), ("/a", "B", 1_000.0)], &[1, 2]);
        check(&[("/a", "A", 1_000.0), ("/b", "B", 1_001.0), ("/a", "A", 1_002.0)], &[1, 2, 3]);
    }

    #[test]
    fn another_path_begins_a_view_before_its_page_view() {
        let mut view = View::default();
        assert_eq!(view.id("/a", || "1".to_owned()), "1");
        assert_eq!(view.id("/a", || "2".to_owned()), "1");
        assert_eq!(view.id("/b", || "2".to_owned()), "2");
        assert!(view.take("/b", "/b", "", 0.0));
        assert_eq!(
            view.id("/b", || "3".to_owned()),
            "2",
            "the page view belongs to the view that its path began"
        );
    }
}
