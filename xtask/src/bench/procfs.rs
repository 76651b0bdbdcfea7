//! What the kernel knows of a server: processor time and memory, read from `/proc`.

use std::time::Duration;

use anyhow::{Context, bail};

/// Returns the processor time of a process and all its threads so far, in user and kernel mode.
pub(crate) fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the server is gone")?;
    let ticks = cpu_ticks(&stat).context("/proc/PID/stat has another form than expected")?;
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// Returns the processor time of a process and all that it has started, those that have ended included.
pub(crate) fn cpu_time_with_children(pid: u32) -> anyhow::Result<Duration> {
    let mut ticks = 0;
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // It may have ended meanwhile.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{number}/stat")) else { continue };
        if number == pid {
            ticks += cpu_ticks(&stat).unwrap_or_default() + field_sum(&stat, 13).unwrap_or_default();
        } else if parent(&stat) == Some(pid) {
            ticks += cpu_ticks(&stat).unwrap_or_default();
        }
    }
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

fn parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Returns the ticks of user and kernel mode: the 14th and 15th field, counted after the name, which may hold
/// anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    field_sum(stat, 11)
}

/// Returns the sum of two fields, counted after the name.
fn field_sum(stat: &str, first: usize) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(first);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// Returns the memory in use now, in MiB.
pub(crate) fn resident_mib(pid: u32) -> anyhow::Result<f64> {
    status_mib(pid, "VmRSS:")
}

/// Returns the most memory in use since [`forget_peak`], in MiB.
pub(crate) fn peak_mib(pid: u32) -> anyhow::Result<f64> {
    status_mib(pid, "VmHWM:")
}

/// Starts the peak anew from what is in use now.
pub(crate) fn forget_peak(pid: u32) -> anyhow::Result<()> {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").context("the peak of memory cannot be reset")
}

fn status_mib(pid: u32, field: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the server is gone")?;
    match status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.trim().strip_suffix("kB")?.trim().parse::<f64>().ok())
    {
        Some(kibibytes) => Ok(kibibytes / 1024.0),
        None => bail!("/proc/{pid}/status has no {field}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_after_the_name() {
        let stat = "42 (a name) with) spaces) S 1 2 3 4 5 6 7 8 9 10 700 33 0 0 20 0 1 0";
        assert_eq!(cpu_ticks(stat), Some(733));
        assert_eq!(field_sum(stat, 13), Some(0));
        assert_eq!(parent(stat), Some(1));
        assert_eq!(cpu_ticks("42"), None);
    }

    #[test]
    fn this_process_uses_memory() {
        let own = std::process::id();
        assert!(resident_mib(own).unwrap() > 0.1);
        assert!(peak_mib(own).unwrap() >= 0.1);
        cpu_time(own).unwrap();
    }
}
