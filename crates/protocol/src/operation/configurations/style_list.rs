//! `StyleList`: the named styles of images of a bucket, which are set and asked for one by one, and listed by `ListStyle`.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::Element;
use crate::xml::writer::{Content, document};
use crate::{Error, ErrorCode};

/// A bucket has no more styles than this.
const MAX_STYLES: usize = 50;

/// Longest name of a style.
const MAX_NAME: usize = 64;

/// Longest content of a style, in bytes.
const MAX_CONTENT: usize = 1024;

/// Longest body that sets a style.
pub const MAX_STYLE_BODY: usize = 16 * 1024;

/// The styles of a bucket in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StyleList(Vec<Style>);

/// A style: parameters of image processing under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    name: String,
    content: String,
    category: String,
    create_time: String,
    last_modify_time: String,
}

impl StyleList {
    /// Finds a style.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Style> {
        self.0.iter().find(|style| style.name == name)
    }

    /// Sets a style in the place of one of the same name, which keeps the time when it was made.
    ///
    /// # Errors
    /// `InvalidArgument` if there are too many.
    pub fn set(&mut self, style: &Style) -> Result<(), Error> {
        if let Some(present) = self.0.iter_mut().find(|present| present.name == style.name) {
            *present = Style { create_time: present.create_time.clone(), ..style.clone() };
        } else if self.0.len() < MAX_STYLES {
            self.0.push(style.clone());
        } else {
            let message = "The bucket has 50 styles already.";
            return Err(Error::invalid_argument(message, "styleName", &style.name));
        }
        Ok(())
    }

    /// Returns the others, if there are some.
    #[must_use]
    pub fn without(mut self, name: &str) -> Option<Self> {
        self.0.retain(|style| style.name != name);
        Some(self).filter(|left| !left.0.is_empty())
    }
}

impl Style {
    /// Makes the style that a request sets by its name, its category and the document of its content.
    ///
    /// # Errors
    /// `InvalidArgument` and `MalformedXML`.
    pub fn new(name: &str, category: Option<&str>, body: &[u8], now: &str) -> Result<Self, Error> {
        Self::check_name(name)?;
        let category = category.filter(|category| !category.is_empty()).unwrap_or("image");
        if !matches!(category, "image" | "document" | "video") {
            let message = "The category must be image, document or video.";
            return Err(Error::invalid_argument(message, "category", category));
        }
        let root = Element::parse(body, "Style", MAX_STYLE_BODY)?;
        let content = root.optional("Content")?.unwrap_or_default().trim();
        if content.is_empty() || content.len() > MAX_CONTENT || content.contains(char::is_control) {
            return Err(Error::invalid_argument("Style content is invalid.", "Content", content));
        }
        Ok(Self {
            name: name.to_owned(),
            content: content.to_owned(),
            category: category.to_owned(),
            create_time: now.to_owned(),
            last_modify_time: now.to_owned(),
        })
    }

    /// Refuses a name that no style can have.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn check_name(name: &str) -> Result<(), Error> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(fits) {
            return Err(Error::invalid_argument("Style name is invalid.", "styleName", name));
        }
        Ok(())
    }

    /// Writes the document that `GetStyle` answers.
    #[must_use]
    pub fn to_xml(&self) -> String {
        document("Style", 512, |c| self.write(c))
    }

    fn read(style: &Element) -> Result<Self, Error> {
        let text = |name| style.required(name).map(str::to_owned);
        Ok(Self {
            name: text("Name")?,
            content: text("Content")?,
            category: text("Category")?,
            create_time: text("CreateTime")?,
            last_modify_time: text("LastModifyTime")?,
        })
    }

    fn write(&self, c: &mut Content) {
        c.text("Name", &self.name);
        c.text("Content", &self.content);
        c.text("Category", &self.category);
        c.text("CreateTime", &self.create_time);
        c.text("LastModifyTime", &self.last_modify_time);
    }
}

impl Document for StyleList {
    /// All styles with all that an escape makes of their contents.
    const MAX_BODY: usize = 512 * 1024;

    const ELEMENTS: &'static [Input] = &[Input::element("StyleList/Style", Honoured)];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "StyleList", Self::MAX_BODY)?;
        Ok(Self(root.children("Style").map(Style::read).collect::<Result<_, _>>()?))
    }

    fn unset() -> Result<Self, ErrorCode> {
        Ok(Self::default())
    }

    fn to_xml(&self) -> String {
        document("StyleList", 64 + 512 * self.0.len(), |c| {
            for style in &self.0 {
                c.nested("Style", |c| style.write(c));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop, proptest};

    use super::{Style, StyleList};
    use crate::ErrorCode;
    use crate::xml::Document;

    const NOW: &str = "Wed, 20 May 2020 12:07:15 GMT";

    fn style(name: &str, content: &str) -> Result<Style, crate::Error> {
        Style::new(name, None, format!("<Style><Content>{content}</Content></Style>").as_bytes(), NOW)
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(
            styles in prop::collection::btree_map("[A-Za-z0-9._-]{1,64}", "[a-z][ -%\'-;=-~\u{e9}]{0,40}[a-z]", 0..6),
        ) {
            let mut list = StyleList::default();
            for (name, content) in styles {
                list.set(&style(&name, &content).expect("a good style")).expect("room");
            }
            assert_eq!(StyleList::parse(list.to_xml().as_bytes()), Ok(list));
        }
    }

    #[test]
    fn writes_the_manual_s_documents() {
        // OSS manual, GetStyle.
        let made = style("imagestyle", "image/resize,p_50").expect("the manual's");
        assert_eq!(
            made.to_xml(),
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Style><Name>imagestyle</Name><Content>image/resize,p_50\
                 </Content><Category>image</Category><CreateTime>{NOW}</CreateTime><LastModifyTime>{NOW}\
                 </LastModifyTime></Style>"
            )
        );
    }

    #[test]
    fn refuses_bad_styles() {
        for (name, content) in [
            ("", "image/resize,p_50"),
            ("@%$^&%(&(*(*", "image/resize,p_50"),
            (&*"n".repeat(65), "image/resize,p_50"),
            ("a", ""),
            ("a", " "),
            ("a", "a\nb"),
            ("a", &*"c".repeat(1025)),
        ] {
            assert_eq!(style(name, content).expect_err(name).code(), ErrorCode::InvalidArgument, "{name}");
        }
        let error = Style::new("a", Some("sound"), b"<Style><Content>a</Content></Style>", NOW);
        assert_eq!(error.expect_err("sound").code(), ErrorCode::InvalidArgument);
        for body in ["", "<Content>a</Content>", "<Style><Content>a</Content><Content>b</Content></Style>"] {
            let error = Style::new("a", None, body.as_bytes(), NOW).expect_err(body);
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        }
        let mut list = StyleList::default();
        for number in 0..50 {
            list.set(&style(&format!("s{number}"), "a").expect("a style")).expect("room");
        }
        list.set(&style("s7", "b").expect("a style")).expect("its own place");
        let error = list.set(&style("s50", "a").expect("a style")).expect_err("one too many");
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
    }
}
