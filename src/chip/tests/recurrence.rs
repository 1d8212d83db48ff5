//! Events among hidden neurons, and an event router that ignores some of them.

use super::*;

fn recurrent(n_inputs: usize, n_hidden: usize, n_readout: usize) -> Shape {
    Shape { recurrent: true, ..shape(n_inputs, n_hidden, n_readout) }
}

fn with_recurrence(
    params: &Params,
    shape: Shape,
    input: impl Fn(usize, usize) -> i8,
    recurrent: impl Fn(usize, usize) -> i8,
    readout: impl Fn(usize, usize) -> i8,
) -> Chip {
    let mut chip = Chip::new(&params.for_chip(), shape).unwrap();
    chip.write_weights(&Codes {
        input: Array2::from_shape_fn((shape.n_inputs, shape.n_hidden), |(pre, post)| input(pre, post)),
        recurrent: Array2::from_shape_fn((shape.n_hidden, shape.n_hidden), |(pre, post)| recurrent(pre, post)),
        readout: Array2::from_shape_fn((shape.n_hidden, shape.n_readout), |(pre, post)| readout(pre, post)),
    });
    chip
}

#[test]
fn a_hidden_spike_reaches_the_others_and_itself_one_chip_step_later() {
    let params =
        ideal().with(|p| (p.network.substeps, p.network.weight_full_scale, p.network.refractory) = (4, 10.0, 5e-6));
    // Neuron 0 is driven over its threshold once; it excites neuron 1, inhibits neuron 2 and excites itself.
    let codes = [6, 4, -5];
    let chip = with_recurrence(
        &params,
        recurrent(1, 3, 1),
        |_, post| [40, 0, 0][post],
        |pre, post| if pre == 0 { codes[post] } else { 0 },
        |_, _| 0,
    );
    let (dt, tau) = (chip.grid().dt_chip, 6e-6);
    let xray = chip.xray(&train(&[(0.0, 0)]), 1, 0);
    let spikes = &xray.recording.hidden_spikes[0];
    assert_eq!((spikes.len(), spikes[0].neuron), (1, 0), "one spike to follow: {spikes:?}");
    let fired = usize::from(spikes[0].step);
    let arrival = (fired + 1) as f64 * dt;
    let weight = |code: i8| f64::from(code) / 63.0 * params.network.weight_full_scale;
    // Until when neuron 0 is held at reset, which is its leak.
    let release = arrival + (params.network.refractory / dt).round() * dt;
    for step in 0..chip.grid().n_chip() {
        let now = (step + 1) as f64 * dt;
        for neuron in [1, 2] {
            let expected = weight(codes[neuron]) * psp(now - arrival, tau, tau, tau);
            let got = f64::from(xray.v_hidden[[step, neuron]]);
            assert!((got - expected).abs() < 1e-5, "neuron {neuron} step {step}: {got} {expected}");
        }
        if now > release {
            // The currents of the input and of its own spike have decayed since; the membrane starts anew.
            let current = weight(40) * (-release / tau).exp() + weight(codes[0]) * (-(release - arrival) / tau).exp();
            let expected = current * psp(now - release, tau, tau, tau);
            let got = f64::from(xray.v_hidden[[step, 0]]);
            assert!((got - expected).abs() < 1e-5, "itself, step {step}: {got} {expected}");
        }
    }
}

#[test]
fn late_spikes_reach_hidden_neurons_and_readout_at_the_same_time() {
    let params = ideal().with(|p| {
        p.chip.jitter_spike = 3e-6;
        p.network.weight_full_scale = 5.0;
        p.network.readout_full_scale = 5.0;
        p.network.refractory = 32e-6;
        p.network.substeps = 8;
    });
    let rule = |pre: usize, post: usize| if (pre, post) == (0, 1) { 10 } else { 0 };
    let chip = with_recurrence(&params, recurrent(1, 2, 1), |_, post| [63, 0][post], rule, |pre, _| [10, 0][pre]);
    let input = train(&[(0.0, 0)]);
    let delayed = (0..200)
        .filter(|&sample| {
            let xray = chip.xray(&input, 1, sample);
            assert_eq!(xray.v_hidden.column(1), xray.v_readout.column(0));
            let onset = xray.v_readout.column(0).iter().position(|v| *v != 0.0).unwrap();
            onset > usize::from(xray.recording.hidden_spikes[0][0].step)
        })
        .count();
    assert_eq!(delayed, 200);
}

#[test]
fn recurrent_weights_sit_in_the_rows_after_those_of_the_inputs() {
    let params = Params::default().with(|p| (p.chip.stuck_synapses, p.chip.sigma_driver) = (0.1, Some(0.1)));
    for n_inputs in [3, 100] {
        let n_hidden = 40;
        let loops = with_recurrence(
            &params,
            recurrent(n_inputs, n_hidden, 2),
            |pre, post| scrambled(1, pre, post),
            |pre, post| scrambled(1, n_inputs + pre, post),
            |_, _| 9,
        );
        // The same synapses, used by input channels.
        let wide =
            chip(&params, shape(n_inputs + n_hidden, n_hidden, 2), |pre, post| scrambled(1, pre, post), |_, _| 9);
        assert_eq!(loops.placement(), wide.placement());
        let all = wide.effective_weights().0;
        assert_eq!(loops.effective_weights().0, all.slice(ndarray::s![..n_inputs, ..]));
        assert_eq!(loops.effective_recurrent(), all.slice(ndarray::s![n_inputs.., ..]));
        // And one weight for every event: as an input event it acts as it does coming from a neuron.
        assert!(loops.effective_recurrent().iter().any(|w| w.abs() > 1.0));
    }
}

#[test]
fn without_recurrence_there_is_nothing_to_write_and_zero_weights_change_nothing() {
    let input = random_train(1, 20, 80, 30e-6);
    let base = Params::default().with(|p| (p.network.weight_full_scale, p.chip.noise_membrane) = (6.0, 0.03));
    let rule = |pre, post| scrambled(7, pre, post);
    let plain = chip(&base, shape(20, 60, 4), rule, rule);
    assert_eq!(plain.effective_recurrent().dim(), (0, 60));
    let silent = with_recurrence(&base, recurrent(20, 60, 4), rule, |_, _| 0, rule);
    assert_eq!(plain.run(&[&input], 3), silent.run(&[&input], 3));
    let loud = with_recurrence(&base, recurrent(20, 60, 4), rule, |pre, post| scrambled(9, pre, post), rule);
    assert_ne!(plain.run(&[&input], 3).hidden_spikes, loud.run(&[&input], 3).hidden_spikes);
}

#[test]
fn an_ignored_neuron_acts_as_one_without_axon_and_goes_unrecorded() {
    let base = ideal().with(|p| p.network.weight_full_scale = 6.0);
    let rule = |pre: usize, post: usize| scrambled(7, pre, post);
    let input = random_train(2, 20, 80, 30e-6);
    for is_recurrent in [false, true] {
        let shape = Shape { recurrent: is_recurrent, ..shape(20, 60, 4) };
        let network = |cut: &[u16]| {
            let axon = |pre: usize, code: i8| if cut.contains(&(pre as u16)) { 0 } else { code };
            let readout = |pre: usize, post: usize| axon(pre, scrambled(8, pre, post));
            if is_recurrent {
                with_recurrence(&base, shape, rule, |pre, post| axon(pre, scrambled(9, pre, post)) / 4, readout)
            } else {
                chip(&base, shape, rule, readout)
            }
        };
        let mut recording = Recording::new(network(&[]).grid(), 60, 4);
        network(&[]).run_dropping(&[&input, &input], 5, 0.3, &mut recording);
        assert_ne!(recording.dropped[0], recording.dropped[1], "every sample has its own");
        for sample in 0..2 {
            let dropped = &recording.dropped[sample];
            let cut = network(dropped).run(&[&input], 5);
            assert_eq!(recording.hidden_of(sample), cut.hidden_of(0), "they compute and are read as ever");
            assert_eq!(recording.readout_of(sample), cut.readout_of(0));
            let heard: Vec<_> = cut.hidden_spikes[0].iter().copied().filter(|s| !dropped.contains(&s.neuron)).collect();
            assert_eq!(recording.hidden_spikes[sample], heard);
            assert!(heard.len() > 20 && heard.len() < cut.hidden_spikes[0].len());
        }
        // The next run without dropout forgets all about it.
        network(&[]).run_into(&[&input], 5, &mut recording);
        assert_eq!(recording, network(&[]).run(&[&input], 5));
    }
}
