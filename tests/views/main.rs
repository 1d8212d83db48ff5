//! Every view, in both themes and languages, large and small, by what is asked of it.

mod anything;
mod languages;
mod room;
mod series;
mod stage;
mod taken;
mod words;
