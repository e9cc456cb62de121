//! The content of a message: one block, or a list of them.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serializer};

use crate::form::{ForRevision, Form, Written};
use crate::revision::Revision;
use crate::sampling::SamplingContent;

/// Writes blocks: a single one as an object, several as a list.
pub(in crate::sampling) struct Blocks<'a>(pub(in crate::sampling) &'a [SamplingContent]);

impl<'a> Blocks<'a> {
    /// The blocks that one message can hold in this form.
    pub(in crate::sampling) fn of_one_message(
        blocks: &'a [SamplingContent],
        form: Form<'_>,
    ) -> Self {
        match blocks.split_at_checked(1) {
            Some((first, _)) if !form.writes(Revision::has_sampling_tools) => Blocks(first),
            _ => Blocks(blocks),
        }
    }
}

impl Written for Blocks<'_> {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [one] => one.write(form, serializer),
            several => {
                serializer.collect_seq(several.iter().map(|block| ForRevision::of(block, form)))
            }
        }
    }
}

/// Reads blocks: one, or a list of them.
pub(in crate::sampling) fn one_or_several<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<SamplingContent>, D::Error> {
    struct OneOrSeveral;

    impl<'de> Visitor<'de> for OneOrSeveral {
        type Value = Vec<SamplingContent>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a content block or a list of them")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            SamplingContent::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(seq))
        }
    }

    deserializer.deserialize_any(OneOrSeveral)
}
