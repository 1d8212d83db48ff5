//! What leaves the program for other programs. No screen, no window.

pub mod nir;
pub mod npz;

use serde_json::{Map, Value as Json, json};

use crate::params::{Kind, PARAMS, ParamSpec, Params, Value};
use crate::protocol::file::FORMAT;

/// Every parameter in units of the edge, as `misfit params` shows them.
pub fn experiment_json(params: &Params) -> Json {
    let mut map = Map::new();
    map.insert("format".into(), json!(FORMAT));
    for spec in PARAMS {
        map.insert(spec.key.into(), edge_json(spec, &(spec.get)(params)));
    }
    map.into()
}

/// The value of a parameter in units of the edge.
pub fn edge_json(spec: &ParamSpec, value: &Value) -> Json {
    match value {
        Value::Number(si) => {
            let shown = spec.unit.shown_from_si(*si);
            if matches!(spec.kind, Kind::Integer { .. }) { json!(shown as u64) } else { json!(shown) }
        }
        Value::Auto => json!("auto"),
        Value::Flag(flag) => json!(flag),
        Value::Word(word) => json!(word),
        Value::Words(words) => json!(words),
        Value::Integers(list) => json!(list),
        Value::Text(text) => json!(text),
    }
}
