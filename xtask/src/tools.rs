//! Programs from outside that a step needs: whether they are here, and how to get one that is not.

use std::path::PathBuf;

/// A program that a step needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tool {
    /// Names it may have; the first that is found is used.
    pub(crate) names: &'static [&'static str],
    /// How to get it, as a sentence for the one who misses it.
    pub(crate) cure: &'static str,
}

pub(crate) const PYTHON: Tool = Tool {
    names: &["python3"],
    cure: "install Python 3 with its venv module (apt-get install python3-venv)",
};
pub(crate) const NODE: Tool = Tool { names: &["node"], cure: "install Node.js (apt-get install nodejs)" };
pub(crate) const NPM: Tool = Tool { names: &["npm"], cure: "install npm (apt-get install npm)" };
pub(crate) const JAVAC: Tool =
    Tool { names: &["javac"], cure: "install a Java development kit (apt-get install default-jdk-headless)" };
pub(crate) const MAVEN: Tool = Tool { names: &["mvn"], cure: "install Maven (apt-get install maven)" };
pub(crate) const GO: Tool = Tool { names: &["go"], cure: "install Go (https://go.dev/doc/install)" };
pub(crate) const CHROMIUM: Tool =
    Tool { names: &["chromium", "chromium-browser"], cure: "install Chromium (apt-get install chromium)" };
pub(crate) const UNSHARE: Tool =
    Tool { names: &["unshare"], cure: "install util-linux (apt-get install util-linux)" };
pub(crate) const IP: Tool = Tool { names: &["ip"], cure: "install iproute2 (apt-get install iproute2)" };
pub(crate) const LOCALEDEF: Tool =
    Tool { names: &["localedef"], cure: "install locales (apt-get install locales)" };
pub(crate) const SEMVER_CHECKS: Tool = Tool {
    names: &["cargo-semver-checks"],
    cure: "install cargo-semver-checks (cargo install --locked cargo-semver-checks)",
};
pub(crate) const NGINX: Tool =
    Tool { names: &["nginx"], cure: "install nginx (apt-get install nginx-light); it need not run" };
pub(crate) const SYSTEMD_ANALYZE: Tool =
    Tool { names: &["systemd-analyze"], cure: "install systemd (apt-get install systemd)" };
pub(crate) const OBJCOPY: Tool =
    Tool { names: &["objcopy"], cure: "install binutils (apt-get install binutils)" };
pub(crate) const CARGO_DENY: Tool =
    Tool { names: &["cargo-deny"], cure: "install cargo-deny (cargo install --locked cargo-deny)" };

impl Tool {
    /// Looks the program up as a shell would.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        self.names
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
            .find(|file| file.is_file())
    }
}

/// Returns the sentence that says which of these is missing and how to get it.
pub(crate) fn missing(tools: &[Tool]) -> Option<String> {
    let absent = tools.iter().find(|tool| tool.find().is_none())?;
    Some(format!("{} is not here: {}", absent.names.first().copied().unwrap_or("a tool"), absent.cure))
}
