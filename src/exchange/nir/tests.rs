use std::path::{Path, PathBuf};

use super::import::fit;
use super::*;
use crate::base::error::Result;
use crate::params::{Lane, Params, Recurrence, TaskKind};
use crate::training::Experiment;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/nir").join(name)
}

fn read(name: &str) -> Result<Imported> {
    import(&fixture(name), &Params::default(), Wanted::default())
}

/// The weights in tests/fixtures/nir/make.py, `[post][pre]`.
const W1: [[f32; 3]; 4] = [[0.5, -1.0, 0.25], [1.5, 0.0, -0.5], [-0.75, 2.0, 1.0], [0.125, 0.25, -2.0]];
const W2: [[f32; 4]; 2] = [[1.0, -0.5, 0.25, 0.0], [-1.0, 0.75, 0.5, -0.125]];

#[track_caller]
fn assert_weights(network: &crate::host::network::Network, hidden: f64, readout: f64) {
    assert_eq!((network.input.dim(), network.readout.dim()), ((3, 4), (4, 2)));
    for (weights, file, factor) in [
        (&network.input, W1.iter().map(|row| row.to_vec()).collect::<Vec<_>>(), hidden),
        (&network.readout, W2.iter().map(|row| row.to_vec()).collect(), readout),
    ] {
        for ((pre, post), w) in weights.indexed_iter() {
            let expected = f64::from(file[post][pre]) * factor;
            assert!((f64::from(*w) - expected).abs() <= 1e-5 * factor, "[{pre}, {post}]: {w} against {expected}");
        }
    }
}

#[test]
fn a_file_of_the_python_package_is_read_with_its_weights_and_times() {
    let read = read("cuba.nir").unwrap();
    // w_in = τ_syn/dt, r = 1, threshold 1: a spike moves the current by the weight, which is what a weight is here.
    assert_weights(&read.network, 1.0, 1.0);
    let p = &read.params;
    assert_eq!(
        (p.network.hidden, p.network.recurrence, p.network.tau_mem, p.network.tau_syn),
        (4, Recurrence::None, 6e-6, 5e-6)
    );
    assert_eq!((p.network.reset, p.network.refractory), (p.network.leak, 2e-6));
    assert_eq!(read.notes, ["a 1 is a spike for 8.5e-7 s: the step in the file"]);
}

#[test]
fn recurrence_is_read_and_its_direction_kept() {
    let read = read("recurrent.nir").unwrap();
    assert_weights(&read.network, 1.0, 1.0);
    assert_eq!(read.params.network.recurrence, Recurrence::Trained);
    // WR[1][0] = −0.5 in the file: from neuron 0 to neuron 1.
    assert_eq!((read.network.recurrent[[0, 1]], read.network.recurrent[[1, 0]]), (-0.5, 0.5));
    assert_eq!((read.network.recurrent[[0, 3]], read.network.recurrent[[3, 3]]), (1.0, -1.0));
}

/// snnTorch (docs of `snn.Synaptic`): syn ← α syn + W x, mem ← β mem + syn in every step. Its steps are of 0.1 ms,
/// so α = 0.9 and β = 0.8 are τ_syn = 1 ms and τ_mem = 0.5 ms, a thousand times those of the chip, and
/// dv/dt = syn/0.1 ms = 5 syn/τ_mem. In units of the threshold 0.5 that is a weight of 10 W.
#[test]
fn a_network_of_snntorch_means_here_what_it_means_there() {
    let read = read("snntorch.nir").unwrap();
    assert_weights(&read.network, 10.0, 5.0);
    assert!((read.params.network.tau_mem - 0.5e-6).abs() < 1e-12 && (read.params.network.tau_syn - 1e-6).abs() < 1e-12);
    assert!(read.params.network.refractory.abs() < f64::EPSILON, "NIR has none");
    for word in ["1000 times faster", "spikes in the file", "weight_full_scale"] {
        assert!(read.notes.iter().any(|note| note.contains(word)), "{word}: {:?}", read.notes);
    }
}

/// A LIF without synapse jumps by W r dt/τ at a spike: 1/100 W of its 15 mV from leak to threshold. The chip, with its
/// shortest synaptic time, spreads that over 0.3 µs; the peak of its response is lower by the leak in the meantime.
#[test]
fn neurons_without_a_synapse_get_the_same_charge() {
    let read = read("lif.nir").unwrap();
    let jump = 0.01 / 15.0;
    let (tau_mem, tau_syn) = (10e-6, 0.3e-6);
    assert_weights(&read.network, jump * tau_mem / tau_syn, jump * tau_mem / tau_syn);
    let peak = f64::from(read.network.input[[1, 2]]) * crate::neuron::psp_peak(tau_mem, tau_syn);
    assert!(peak < 2.0 * jump && peak > 0.85 * 2.0 * jump, "W = 2: {peak} against {}", 2.0 * jump);
}

#[test]
fn what_the_chip_has_no_equal_for_is_refused_by_the_name_of_the_node() {
    let refused = |name: &str| read(name).unwrap_err().to_string();
    let text = refused("refused_if.nir");
    assert!(text.contains("refused_if.nir") && text.contains("node `lif1`") && text.contains("IF"), "{text}");
    let text = refused("refused_cycle.nir");
    for name in ["`back`", "`fc2`", "`li2`", "`lif1`", "cycle"] {
        assert!(text.contains(name), "{text}");
    }
    assert!(!text.contains("`output`"), "the output is on no cycle: {text}");
}

/// What is changed in a good network, and what the message must say.
type Spoilt = (&'static str, fn(&mut Graph), &'static [&'static str]);

fn node<'a>(graph: &'a mut Graph, name: &str) -> &'a mut Node {
    &mut graph.nodes.iter_mut().find(|(known, _)| known == name).expect("the node").1
}

fn array<'a>(graph: &'a mut Graph, name: &str, key: &str) -> &'a mut Array {
    match (node(graph, name), key) {
        (Node::Cuba { tau_mem, .. }, "tau_mem") => tau_mem,
        (Node::Cuba { tau_syn, .. }, "tau_syn") => tau_syn,
        (Node::Cuba { spiking: Some(spiking), .. }, "v_reset") => &mut spiking.v_reset,
        (Node::Cuba { spiking: Some(spiking), .. }, "v_threshold") => &mut spiking.v_threshold,
        (Node::Weights { weight, .. }, "weight") => weight,
        _ => panic!("no {key} in {name}"),
    }
}

#[test]
fn every_way_of_not_fitting_is_told_with_its_node() {
    let cases: &[Spoilt] = &[
        ("one slow neuron", |g| array(g, "lif1", "tau_mem").data[2] = 7e-6, &["`lif1`", "`tau_mem`", "7e-6"]),
        (
            "slow neurons",
            |g| {
                for name in ["lif1", "li2"] {
                    array(g, name, "tau_mem").data.fill(1.0);
                }
            },
            &["`lif1`", "`tau_mem`", "0.5 to 60"],
        ),
        ("a negative time", |g| array(g, "lif1", "tau_syn").data.fill(-1.0), &["`lif1`", "`tau_syn`"]),
        ("a slow readout", |g| array(g, "li2", "tau_mem").data.fill(7e-6), &["`li2`", "`lif1`"]),
        ("one other reset", |g| array(g, "lif1", "v_reset").data[0] = -0.1, &["`lif1`", "reset"]),
        ("a reset out of range", |g| array(g, "lif1", "v_reset").data.fill(-5.0), &["`lif1`", "reset", "50 to 160"]),
        ("a threshold below the leak", |g| array(g, "lif1", "v_threshold").data.fill(-1.0), &["`lif1`", "threshold"]),
        (
            "too few thresholds",
            |g| *array(g, "lif1", "v_threshold") = Array::constant(3, 1.0),
            &["`lif1`", "[3]", "[4]"],
        ),
        (
            "another shape",
            |g| *array(g, "fc2", "weight") = Array { shape: vec![2, 3], data: vec![0.5; 6] },
            &["`fc2`", "[2, 3]", "[2, 4]"],
        ),
        ("a huge weight", |g| array(g, "fc1", "weight").data[0] = 1e6, &["`fc1`", "weight_full_scale"]),
        ("another input", |g| *node(g, "input") = Node::Input { shape: vec![1, 3] }, &["`input`", "[1, 3]"]),
        (
            "a bias",
            |g| {
                let Node::Weights { bias, .. } = node(g, "fc1") else { panic!("weights") };
                *bias = Some(Array::constant(4, 0.1));
            },
            &["`fc1`", "bias"],
        ),
        ("a dead end", |g| g.edges.retain(|(from, _)| from != "li2"), &["`li2`"]),
        ("an edge to nowhere", |g| g.join("li2", "elsewhere"), &["edges", "`elsewhere`"]),
        ("an edge twice", |g| g.join("fc1", "lif1"), &["edges", "twice"]),
        ("a short cut", |g| g.join("input", "fc2"), &["`fc2`"]),
        ("a spare node", |g| g.put("spare", Node::Output { shape: vec![2] }), &["`spare`"]),
        (
            "no weights between",
            |g| {
                g.edges.retain(|(from, to)| from != "input" && to != "lif1");
                g.join("input", "lif1");
            },
            &["`lif1`", "Linear"],
        ),
        (
            "a second hidden population",
            |g| {
                let hidden = node(g, "lif1").clone();
                g.put("lif3", hidden);
                g.put("fc3", Node::Weights { weight: Array { shape: vec![4, 4], data: vec![0.1; 16] }, bias: None });
                g.edges.retain(|(_, to)| to != "fc2");
                for (from, to) in [("lif1", "fc3"), ("fc3", "lif3"), ("lif3", "fc2")] {
                    g.join(from, to);
                }
            },
            &["`lif3`", "`fc2`"],
        ),
        ("the actual form", |g| g.metadata.push(("form".into(), Meta::Text("actual".into()))), &["nominal"]),
    ];
    let path = Path::new("net.nir");
    let good = file::read(&fixture("cuba.nir")).unwrap();
    fit(&good, path, &Params::default(), Wanted::default()).unwrap();
    for (what, spoil, words) in cases {
        let mut graph = good.clone();
        spoil(&mut graph);
        let text = fit(&graph, path, &Params::default(), Wanted::default()).map(|_| ()).expect_err(what).to_string();
        for word in ["net.nir"].iter().chain(*words) {
            assert!(text.contains(word), "{what}: {text}");
        }
    }
}

fn small(recurrence: Recurrence) -> Params {
    Params::for_task(TaskKind::YinYang).with(|p| {
        p.network.hidden = 20;
        p.learning.epochs = 1;
        p.network.recurrence = recurrence;
        p.network.reset = 70.0;
        p.learning.lanes = Lane::WITH_HOST.to_vec();
    })
}

#[test]
fn a_network_that_was_written_comes_back_with_the_same_codes_settings_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    for recurrence in [Recurrence::None, Recurrence::Trained] {
        let params = small(recurrence);
        let mut experiment = Experiment::new(&params).unwrap();
        for _ in 0..5 {
            experiment.step().unwrap();
        }
        for lane in [Lane::Ideal, Lane::InTheLoop] {
            let path = folder.path().join(format!("{}.nir", lane.name()));
            file::write(&export(&experiment, lane, Form::Nominal, None).unwrap(), &path).unwrap();
            let back = import(&path, &params, Wanted::default()).unwrap();
            assert_eq!(back.params, params);
            let [note] = &back.notes[..] else { panic!("{:?}", back.notes) };
            assert!(note.contains("the step in the file"), "{note}");
            let codes = experiment.codes(lane).unwrap();
            assert_eq!(back.network.codes(&params.for_host()), codes);
            let mut again = Experiment::new(&params).unwrap();
            again.load_weights(&back.network).unwrap();
            assert_eq!(again.codes(Lane::InTheLoop), Some(codes));
            assert_eq!(again.answers(lane), experiment.answers(lane));
        }
    }
}

#[test]
fn weights_of_another_shape_are_not_loaded() {
    let mut experiment = Experiment::new(&small(Recurrence::None)).unwrap();
    let before = experiment.codes(Lane::InTheLoop);
    let text = experiment.load_weights(&read("cuba.nir").unwrap().network).unwrap_err().to_string();
    assert!(text.contains("3-4-2") && text.contains("25-20-3"), "{text}");
    assert_eq!(experiment.codes(Lane::InTheLoop), before);
}

#[test]
fn the_actual_form_holds_every_neuron_of_the_chip_as_it_is() {
    let params = small(Recurrence::Trained).with(|p| (p.chip.silent_neurons, p.chip.dead_inputs) = (0.2, 0.2));
    let experiment = Experiment::new(&params).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("actual.nir");
    file::write(&export(&experiment, Lane::InTheLoop, Form::Actual, Some(4)).unwrap(), &path).unwrap();
    let graph = file::read(&path).unwrap();
    let chip = experiment.chip().unwrap();
    let hidden = chip.actual().0;
    let Some(Node::Leaky { tau, r, v_leak, spiking: Some(spiking) }) = graph.node("hidden") else { panic!("a LIF") };
    for (k, neuron) in hidden.iter().enumerate() {
        assert_eq!((tau.data[k], v_leak.data[k]), (neuron.tau_mem, neuron.v_leak));
        // The same current charges the same capacitor: r/τ is that of the nominal neuron.
        assert!((r.data[k] / tau.data[k] * params.network.tau_mem - 1.0).abs() < 1e-12);
        let threshold = if chip.damage().silent[k] { f64::INFINITY } else { neuron.v_threshold };
        assert_eq!((spiking.v_threshold.data[k], spiking.v_reset.data[k]), (threshold, neuron.v_reset));
    }
    let dt = graph.number("dt").unwrap().unwrap();
    assert!((dt - params.network.cadc_interval / 4.0).abs() < 1e-15);
    for (current, neurons, sign) in
        [("hidden_exc", hidden, 1.0), ("hidden_inh", hidden, -1.0), ("readout_inh", chip.actual().1, -1.0)]
    {
        let Some(Node::Leaky { tau, r, spiking: None, .. }) = graph.node(current) else { panic!("an LI") };
        for (k, n) in neurons.iter().enumerate() {
            let expected = if sign > 0.0 { n.tau_syn_exc } else { n.tau_syn_inh };
            assert_eq!(tau.data[k].to_bits(), expected.to_bits());
            assert!((r.data[k] * dt / tau.data[k] - 1.0).abs() < 1e-12, "one spike, one weight");
        }
    }
    // Excitatory and inhibitory weights together are the effective ones, and dead rows send nothing.
    let weights = |name: &str| match graph.node(name) {
        Some(Node::Weights { weight, .. }) => weight.clone(),
        other => panic!("{other:?}"),
    };
    let (exc, inh) = (weights("w_input_exc"), weights("w_input_inh"));
    let effective = chip.effective_weights().0;
    for ((pre, post), w) in effective.indexed_iter() {
        let k = post * effective.nrows() + pre;
        assert!(exc.data[k] >= 0.0 && inh.data[k] <= 0.0);
        let expected = if chip.damage().dead_inputs[pre] { 0.0 } else { f64::from(*w) };
        assert!((exc.data[k] + inh.data[k] - expected).abs() < 1e-12);
    }
    assert!(chip.damage().dead_inputs.contains(&true) && chip.damage().silent.contains(&true));
}

#[test]
fn test_samples_go_with_the_answers_of_the_ideal_lane() {
    let params = small(Recurrence::None).with(|p| p.learning.lanes = vec![Lane::Ideal]);
    let mut experiment = Experiment::new(&params).unwrap();
    for _ in 0..20 {
        experiment.step().unwrap();
    }
    let samples = samples::run(&experiment, Lane::Ideal, Form::Nominal, None, Some(50)).unwrap();
    // The ideal lane knows no noise, so it has nothing to lose.
    let answers = experiment.answers(Lane::Ideal).unwrap();
    assert_eq!(samples.answers, answers[..50].iter().map(|a| i32::from(*a)).collect::<Vec<_>>());
    assert_eq!(samples.v_readout.dim(), (50, samples.steps, 3));
    assert!(samples.spikes.len() > 50 && samples.events.len() > 200);
    let finer = samples::run(&experiment, Lane::Ideal, Form::Nominal, Some(8), Some(5)).unwrap();
    assert_eq!((finer.steps, finer.substeps), (4 * samples.steps, 8));
    let text = samples::run(&experiment, Lane::InTheLoop, Form::Nominal, None, None).unwrap_err().to_string();
    assert!(text.contains("in_the_loop") && text.contains("ideal"), "{text}");
}

mod foreign;
