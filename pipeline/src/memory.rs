//! How much memory this process used at its peak.

/// Peak resident memory of the process, bytes; 0 where the system does not tell (`VmHWM`, Linux).
pub(crate) fn peak_rss_bytes() -> u64 {
    std::fs::read_to_string("/proc/self/status").ok().and_then(|status| high_water(&status)).unwrap_or(0)
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_high_water_mark_is_read_in_bytes() {
        assert_eq!(super::high_water("Name:\tx\nVmHWM:\t   12 kB\nVmRSS:\t 4 kB\n"), Some(12_288));
        assert_eq!(super::high_water("Name:\tx\n"), None);
    }
}
