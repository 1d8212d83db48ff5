//! Bytes for the target `chip`.
#![no_main]

#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    targets::TARGETS.iter().filter(|(name, _)| *name == "chip").for_each(|(_, read)| drop(read(bytes)));
});
