#![doc = "[window]: mod@window"]
#![doc = "[lessons]: mod@lessons"]
#![doc = "[terminal]: mod@terminal"]
#![doc = "[sweeps]: mod@sweeps"]
#![doc = "[studies]: mod@studies"]
#![doc = "[runs]: mod@runs"]
#![doc = "[data]: mod@data"]
#![doc = "[nir]: mod@nir"]
#![doc = "[recordings]: mod@recordings"]
#![doc = "[on_chip]: mod@on_chip"]
#![doc = "[cost]: mod@cost"]
#![doc = "[chips]: mod@chips"]
#![doc = "[model]: mod@model"]
#![doc = "[results]: mod@results"]
#![doc = "[tests]: mod@tests"]
#![doc = "[parameters]: mod@parameters"]
#![doc = "[arrays]: mod@arrays"]
#![doc = "[face]: mod@face"]
#![doc = "[figures]: mod@figures"]
#![doc = "[fresh_reader]: mod@fresh_reader"]
#![doc = "[speed]: mod@speed"]
#![doc = "[peers]: mod@peers"]
#![doc = include_str!("../assets/handbook/README.md")]

/// Makes a module of every page. A definition that stands before the page wins over its own, so links lead to modules.
macro_rules! pages {
    ($($name:ident: $file:literal),* $(,)?) => {
        $(
            #[doc = "[window]: mod@window\n[lessons]: mod@lessons\n[terminal]: mod@terminal\n[sweeps]: mod@sweeps\n[studies]: mod@studies"]
            #[doc = "[runs]: mod@runs\n[data]: mod@data\n[nir]: mod@nir\n[recordings]: mod@recordings\n[on_chip]: mod@on_chip\n[cost]: mod@cost"]
            #[doc = "[chips]: mod@chips\n[model]: mod@model\n[results]: mod@results\n[tests]: mod@tests\n[parameters]: mod@parameters"]
            #[doc = "[arrays]: mod@arrays\n[speed]: mod@speed\n[peers]: mod@peers\n[speech]: mod@speech\n[figures]: mod@figures\n[fresh_reader]: mod@fresh_reader\n[face]: mod@face"]
            #[doc = include_str!($file)]
            pub mod $name {}
        )*
    };
}

pages! {
    window: "../assets/handbook/window.md",
    lessons: "../assets/handbook/lessons.md",
    terminal: "../assets/handbook/terminal.md",
    sweeps: "../assets/handbook/sweeps.md",
    studies: "../assets/handbook/studies.md",
    runs: "../assets/handbook/runs.md",
    data: "../assets/handbook/data.md",
    nir: "../assets/handbook/nir.md",
    recordings: "../assets/handbook/recordings.md",
    on_chip: "../assets/handbook/on_chip.md",
    cost: "../assets/handbook/cost.md",
    chips: "../assets/handbook/chips.md",
    model: "../assets/handbook/model.md",
    results: "../assets/handbook/results.md",
    tests: "../assets/handbook/tests.md",
    parameters: "../assets/handbook/parameters.md",
    arrays: "../assets/handbook/arrays.md",
    face: "../assets/handbook/face.md",
    figures: "../assets/handbook/figures.md",
    fresh_reader: "../assets/handbook/fresh_reader.md",
    speech: "../assets/speech/README.md",
    speed: "../tests/benches/README.md",
    peers: "../tests/peers/README.md",
}
