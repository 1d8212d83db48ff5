//! What is on the screen as a step of a lesson file: teachers write by demonstrating.

use std::fmt::Write as _;

use egui_tiles::{Container, LinearDir, Tile, TileId};

use super::super::App;
use super::super::own_controls::as_lesson_controls;
use crate::params::{PARAMS, Params, TakesEffect, Value};
use crate::views::ViewKind;

impl App {
    /// The views and the parameters in force as `[[step]]`.
    pub(in crate::app) fn as_lesson_step(&self) -> String {
        let (controls, shown) = as_lesson_controls(&self.settings.own_controls);
        let columns: Vec<String> =
            self.columns().into_iter().map(|column| format!("[{}]", column.join(", "))).collect();
        let mut step = controls;
        step.push_str("[[step]]\nid = \"step\"\nseconds = 30\ntext.en = \"\"\ntext.zh = \"\"\n");
        let _ = writeln!(step, "views = [{}]", columns.join(", "));
        if !shown.is_empty() {
            let _ = writeln!(step, "show = [{}]", shown.join(", "));
        }
        let params = &self.draft.params;
        let usual = Params::for_task(params.task.kind);
        let assignments = PARAMS.iter().filter(|spec| {
            let acts = spec.takes_effect == TakesEffect::AtOnce && spec.key != "threads";
            acts && (spec.get)(params) != (spec.get)(&usual)
        });
        let assignments: Vec<String> = assignments
            .map(|spec| {
                let (value, shown) = ((spec.get)(params), spec.format(&(spec.get)(params)));
                let plain = matches!(value, Value::Number(_) | Value::Flag(_));
                format!("{} = {}", spec.key, if plain { shown } else { toml::Value::String(shown).to_string() })
            })
            .collect();
        if !assignments.is_empty() {
            let _ = writeln!(step, "set = {{ {} }}", assignments.join(", "));
        }
        step
    }

    /// Columns of stacks, each as a text with the keys of its tabs.
    fn columns(&self) -> Vec<Vec<String>> {
        let parts = |id: TileId, dir: LinearDir| match self.arranged.tree.tiles.get(id) {
            Some(Tile::Container(Container::Linear(linear))) if linear.dir == dir => linear.children.clone(),
            _ => vec![id],
        };
        let stack = |id: TileId| {
            let (mut kinds, mut waiting) = (Vec::<ViewKind>::new(), vec![id]);
            while let Some(id) = waiting.pop() {
                match self.arranged.tree.tiles.get(id) {
                    Some(Tile::Pane(kind)) => kinds.push(*kind),
                    Some(Tile::Container(container)) => {
                        let children: Vec<TileId> = container.children().copied().collect();
                        waiting.extend(children.into_iter().rev());
                    }
                    None => {}
                }
            }
            format!("\"{}\"", kinds.into_iter().map(ViewKind::key).collect::<Vec<_>>().join("|"))
        };
        let root = self.arranged.tree.root().into_iter();
        let columns = root.flat_map(|root| parts(root, LinearDir::Horizontal));
        columns.map(|column| parts(column, LinearDir::Vertical).into_iter().map(stack).collect()).collect()
    }
}
