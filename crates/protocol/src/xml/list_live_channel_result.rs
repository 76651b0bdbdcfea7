//! `ListLiveChannelResult`: the answer of `ListLiveChannel` for a bucket without channels.

use super::writer::document;

/// A page of no live channels.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListLiveChannelResult<'a> {
    /// Names begin with this.
    pub prefix: &'a str,
    /// Names come after this.
    pub marker: &'a str,
    /// How many channels were asked for.
    pub max_keys: u32,
}

impl ListLiveChannelResult<'_> {
    /// Writes the document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("ListLiveChannelResult", 256, |c| {
            c.text("Prefix", self.prefix);
            c.text("Marker", self.marker);
            c.number("MaxKeys", self.max_keys.into());
            c.flag("IsTruncated", false);
            c.text("NextMarker", "");
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ListLiveChannelResult;

    #[test]
    fn has_the_elements_of_the_manual() {
        // OSS manual, ListLiveChannel, without the channel.
        let result = ListLiveChannelResult { prefix: "channel", marker: "", max_keys: 1 };
        assert_eq!(
            result.to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListLiveChannelResult><Prefix>channel</Prefix>\
             <Marker></Marker><MaxKeys>1</MaxKeys><IsTruncated>false</IsTruncated><NextMarker></NextMarker>\
             </ListLiveChannelResult>"
        );
    }
}
