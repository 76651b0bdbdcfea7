//! What a bucket has to do, as a function from state to state: the model that histories are held against.

use std::collections::BTreeMap;

use ossicle_linear::Operation;

/// The bucket of a history, if it is there.
pub(crate) type State = Option<Contents>;

/// What a bucket holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Contents {
    acl: Acl,
    /// The value of its only tag.
    tag: Option<String>,
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, Upload>,
}

/// An object, with its content as pieces.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Object {
    content: String,
    is_appendable: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Upload {
    key: String,
    parts: BTreeMap<u32, String>,
}

/// Who may read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Acl {
    #[default]
    Private,
    PublicRead,
}

/// What a client asked for.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    MakeBucket,
    RemoveBucket,
    SetAcl(Acl),
    /// Whether somebody without a key may read.
    ReadAnonymously,
    SetTag(String),
    GetTag,
    Put {
        key: String,
        content: String,
        if_absent: bool,
    },
    Append {
        key: String,
        position: usize,
        piece: String,
    },
    Delete {
        key: String,
    },
    Copy {
        from: String,
        to: String,
        if_absent: bool,
    },
    Get {
        key: String,
    },
    List,
    /// Its own name stands for the upload where its id never arrived.
    Initiate {
        key: String,
        name: String,
    },
    Part {
        upload: String,
        number: u32,
        content: String,
    },
    /// Each part with its number, content and ETag.
    Complete {
        upload: String,
        parts: Vec<(u32, String, String)>,
    },
    Abort {
        upload: String,
    },
}

/// What it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Done,
    /// The pieces of an object's content, or the value of a tag.
    Found(String),
    /// Keys with the lengths of the objects.
    Listed(Vec<(String, usize)>),
    /// The id of a new upload.
    Begun(String),
    /// How long the object is that was to be appended to.
    Length(usize),
    /// The code of an error that says that nothing happened.
    Refused(String),
    /// Nothing that says what happened.
    Nothing,
}

/// One call of a history.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) asked: Asked,
    pub(crate) told: Told,
}

fn refused(code: &str) -> Told {
    Told::Refused(code.to_owned())
}

impl Operation for Event {
    type State = State;

    fn apply(&self, before: &State) -> Option<State> {
        // A copy whose source changes meanwhile may be given up, and so may an ACL for a bucket that has just been removed.
        let free = match (&self.asked, &self.told) {
            (Asked::Copy { .. }, Told::Refused(code)) => code == "PreconditionFailed",
            (Asked::SetAcl(_), Told::Refused(code)) => code == "NoSuchBucket" && before.is_none(),
            _ => false,
        };
        if free {
            return Some(before.clone());
        }
        let mut after = before.clone();
        let right = self.asked.run(&mut after, &self.told);
        (self.told == Told::Nothing || self.told == right).then_some(after)
    }
}

impl Asked {
    /// Whether it only reads, so that it does not matter without an answer.
    pub(crate) fn changes_nothing(&self) -> bool {
        matches!(self, Self::ReadAnonymously | Self::GetTag | Self::Get { .. } | Self::List)
    }

    /// Does it, and returns what the client has to be told.
    fn run(&self, state: &mut State, told: &Told) -> Told {
        match self {
            Self::MakeBucket => {
                state.get_or_insert_default();
                return Told::Done;
            }
            // The bucket is made where there is none.
            Self::SetAcl(acl) => {
                state.get_or_insert_default().acl = *acl;
                return Told::Done;
            }
            Self::RemoveBucket => return remove(state),
            _ => {}
        }
        let Some(bucket) = state else { return refused("NoSuchBucket") };
        match self {
            Self::SetTag(tag) => bucket.tag = Some(tag.clone()),
            Self::GetTag => return Told::Found(bucket.tag.clone().unwrap_or_default()),
            Self::ReadAnonymously if bucket.acl == Acl::Private => return refused("AccessDenied"),
            Self::ReadAnonymously => {}
            Self::Put { key, content, if_absent } => return bucket.put(key, content, *if_absent),
            Self::Append { key, position, piece } => return bucket.append(key, *position, piece),
            Self::Delete { key } => {
                bucket.objects.remove(key);
            }
            Self::Copy { from, to, if_absent } => {
                let Some(source) = bucket.objects.get(from).cloned() else { return refused("NoSuchKey") };
                return bucket.put(to, &source.content, *if_absent);
            }
            Self::Get { key } => {
                let found = bucket.objects.get(key);
                return found
                    .map_or_else(|| refused("NoSuchKey"), |object| Told::Found(object.content.clone()));
            }
            Self::List => return bucket.list(),
            _ => return self.run_on_upload(bucket, told),
        }
        Told::Done
    }

    fn run_on_upload(&self, bucket: &mut Contents, told: &Told) -> Told {
        match self {
            Self::Initiate { key, name } => {
                let id = if let Told::Begun(id) = told { id } else { name };
                bucket.uploads.insert(id.clone(), Upload { key: key.clone(), ..Upload::default() });
                Told::Begun(id.clone())
            }
            Self::Part { upload, number, content } => {
                let Some(upload) = bucket.uploads.get_mut(upload) else { return refused("NoSuchUpload") };
                upload.parts.insert(*number, content.clone());
                Told::Done
            }
            Self::Complete { upload, parts } => {
                let Some(found) = bucket.uploads.get(upload) else { return refused("NoSuchUpload") };
                if parts.iter().any(|(number, content, _)| found.parts.get(number) != Some(content)) {
                    return refused("InvalidPart");
                }
                let (key, content) =
                    (found.key.clone(), parts.iter().map(|(_, part, _)| part.as_str()).collect());
                bucket.uploads.remove(upload);
                bucket.objects.insert(key, Object { content, is_appendable: false });
                Told::Done
            }
            Self::Abort { upload } => {
                bucket.uploads.remove(upload).map_or_else(|| refused("NoSuchUpload"), |_| Told::Done)
            }
            _ => Told::Nothing,
        }
    }
}

fn remove(state: &mut State) -> Told {
    match state {
        None => refused("NoSuchBucket"),
        Some(bucket) if !bucket.objects.is_empty() || !bucket.uploads.is_empty() => refused("BucketNotEmpty"),
        Some(_) => {
            *state = None;
            Told::Done
        }
    }
}

impl Contents {
    fn put(&mut self, key: &str, content: &str, if_absent: bool) -> Told {
        if if_absent && self.objects.contains_key(key) {
            return refused("FileAlreadyExists");
        }
        let object = Object { content: content.to_owned(), is_appendable: false };
        self.objects.insert(key.to_owned(), object);
        Told::Done
    }

    fn append(&mut self, key: &str, position: usize, piece: &str) -> Told {
        let (content, is_appendable) = self
            .objects
            .get(key)
            .map_or((String::new(), true), |object| (object.content.clone(), object.is_appendable));
        let length = crate::content::length(&content);
        if !is_appendable {
            return refused("ObjectNotAppendable");
        }
        if length != position {
            return Told::Length(length);
        }
        self.objects.insert(key.to_owned(), Object { content: content + piece, is_appendable });
        Told::Done
    }

    fn list(&self) -> Told {
        let entry =
            |(key, object): (&String, &Object)| (key.clone(), crate::content::length(&object.content));
        Told::Listed(self.objects.iter().map(entry).collect())
    }
}
