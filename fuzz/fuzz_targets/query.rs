//! Query strings: any text parses or is refused, and what was parsed survives being written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ossicle_protocol::Query;

fuzz_target!(|text: &str| {
    if let Ok(query) = Query::parse(text) {
        let again = Query::parse(&query.encode());
        // A pair with neither name nor value has no spelling, so it alone may get lost.
        let named = |query: &Query| {
            let pairs = query.iter().filter(|(name, value)| !name.is_empty() || !value.is_empty());
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(again.as_ref().map(named), Ok(named(&query)));
    }
});
