//! Links between the pages of the tree lead somewhere.

/// Finds the relative links of a page that lead nowhere; `exists` answers for a path below the root.
pub(crate) fn check(page: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    targets(text)
        .filter(|target| {
            !target.contains("://") && !target.starts_with(['#', '/']) && !target.starts_with("mailto:")
        })
        .filter_map(|target| {
            let file = target.split('#').next().unwrap_or(target);
            (!exists(&resolve(folder, file))).then(|| format!("{page}: the link {target} leads nowhere"))
        })
        .collect()
}

/// Finds the targets of links, `[text](target)`, outside code.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines()
        .filter(move |line| {
            let fence = line.trim_start().starts_with("```");
            in_code ^= fence;
            !in_code && !fence
        })
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split([')', ' ']).next())
        .filter(|target| !target.is_empty())
}

fn resolve(folder: &str, file: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_somewhere() {
        let check_link = |text: &str, expected: usize| {
            let exists = |path: &str| ["docs/callbacks.md", "README.md"].contains(&path);
            assert_eq!(check("docs/index.md", text, exists).len(), expected, "{text}");
        };
        check_link("see [callbacks](callbacks.md#errors) and [home](../README.md)", 0);
        check_link("see [callbacks](callback.md)", 1);
        check_link("[a](x.md), [b](y.md)", 2);
        check_link("[site](https://example.com/x) [here](#part)", 0);
        check_link("```\n[a](x.md)\n```\n", 0);
    }
}
