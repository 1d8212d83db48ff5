use std::fs;
use std::path::Path;

use ndarray::{Array2, array};

use super::account::{account, bytes};
use super::row::AUTOENCODER_MACS;
use super::*;
use crate::base::time::TimeGrid;
use crate::host::Host;
use crate::params::{Lane, Params, TaskKind};
use crate::recording::Codes;
use crate::spikes::{GridSpike, SpikeTrain};
use crate::task::Dataset;
use crate::training::Experiment;

/// 256-246-10 with 100 input events and 60 hidden spikes, read every 1.7 µs, batch 100: the worked example.
fn example(duration: f64) -> Network {
    Network {
        inputs: 256,
        hidden: 246,
        readout: 10,
        recurrent: false,
        duration,
        readings: (duration / row("reading").value.low).ceil(),
        input_events: 100.0,
        hidden_spikes: 60.0,
        batch: 100,
        processor: None,
    }
}

fn accounted(duration: f64, mode: Mode) -> Account {
    // A round of the loop on one or two cores: 11.6 µs of a core and more.
    account(&example(duration), mode, Band { low: 11.6e-6, high: 23e-6 }, row("core_power").value, true)
}

#[track_caller]
fn about_equal(value: f64, expected: f64, within: f64) {
    assert!((value / expected - 1.0).abs() < within, "{value} is not {expected}");
}

/// Cramer et al. 2022: 200 mW at one image every 11.8 µs are 2.4 µJ an image; 40 µs are 8.0 µJ.
#[test]
fn chip_energy_is_power_times_time_whatever_the_number_of_spikes() {
    let chip = |duration: f64, spikes: f64| {
        let network = Network { hidden_spikes: spikes, ..example(duration) };
        account(&network, Mode::Inference, Band::exactly(0.0), Band::exactly(0.0), true).total(Boundary::Chip)
    };
    about_equal(chip(11.8e-6, 60.0).low, 2.36e-6, 1e-9);
    about_equal(chip(40e-6, 60.0).low, 8.0e-6, 1e-9);
    assert_eq!(chip(40e-6, 0.0), chip(40e-6, 1e6));
    // 25,200 operations: 317 pJ each, and 94 pJ at the published rate; no chip of this kind has picojoules a spike.
    let operations = 100.0 * 246.0 + 60.0 * 10.0;
    about_equal(chip(40e-6, 60.0).low / operations, 317e-12, 0.002);
    about_equal(chip(11.8e-6, 60.0).low / operations, 94e-12, 0.005);
}

#[test]
fn the_system_draws_5_6_watt_as_long_as_the_chip_computes() {
    let system_at_work = |duration: f64| row("system_power").value.low * accounted(duration, Mode::Inference).emulated;
    about_equal(system_at_work(40e-6), 224e-6, 1e-9);
    about_equal(system_at_work(11.8e-6), 66e-6, 0.002);
    about_equal(row("bss2_system").value.low, 66e-6, 1e-9);
}

/// Bytes a sample of training, payload and most on the wire, at 11.8, 40 and 85 µs, and the time on the link.
#[test]
fn a_training_sample_moves_kilobytes_and_the_link_takes_longer_than_the_chip() {
    for (duration, low, high, fast, slow) in [
        (11.8e-6, 3.5e3, 8.3e3, 30e-6, 71e-6),
        (40e-6, 7.8e3, 17.0e3, 67e-6, 145e-6),
        (85e-6, 14.5e3, 30.3e3, 123e-6, 258e-6),
    ] {
        let account = accounted(duration, Mode::Training);
        about_equal(account.bytes.low, low, 0.01);
        about_equal(account.bytes.high, high, 0.01);
        about_equal(account.link.low, fast, 0.02);
        about_equal(account.link.high, slow, 0.02);
    }
    // An answer needs the events and the readings of ten readout neurons.
    about_equal(bytes(&example(40e-6), Mode::Inference).low, 200.0 + 240.0, 1e-9);
}

#[test]
fn in_the_loop_the_chip_takes_three_percent_of_the_energy_of_training() {
    let account = accounted(40e-6, Mode::Training);
    let of = |part: Part| account.lines[part as usize].energy;
    let near = |band: Band, low: f64, high: f64| {
        about_equal(band.low, low, 0.02);
        about_equal(band.high, high, 0.02);
    };
    near(of(Part::ChipAtWork), 8.0e-6, 8.0e-6);
    near(of(Part::ChipWaiting), 10e-6, 21e-6);
    near(of(Part::Board), 486e-6, 783e-6);
    near(of(Part::Link), 213e-6, 462e-6);
    near(of(Part::Host), 23e-6, 230e-6);
    let all = account.total(Boundary::Host);
    let chip = of(Part::ChipAtWork).plus(of(Part::ChipWaiting));
    assert!((0.02..0.04).contains(&(chip.low / all.low)) && (0.02..0.04).contains(&(chip.high / all.high)));
    // The link may be within the board: it is told and not added.
    about_equal(all.low, (8.0 + 10.0 + 486.0 + 23.2) * 1e-6, 0.001);
    // A thousand times biology holds for emulated time alone.
    let wall = account.speed_up();
    about_equal(wall.low, 276.0, 0.02);
    about_equal(wall.high, 444.0, 0.01);
}

/// 200e9 products a second on two threads, each a core of 2, 4, 6.25 and 10 W.
#[test]
fn the_conventional_network_on_a_server_is_about_as_cheap_as_the_chip() {
    let network = example(11.8e-6);
    about_equal(network.macs(), 65_436.0, 1e-12);
    for (watt, expected) in [(2.0, 1.3e-6), (4.0, 2.6e-6), (6.25, 4.1e-6), (10.0, 6.5e-6)] {
        about_equal(network.macs() / 200e9 * 2.0 * watt, expected, 0.02);
    }
    let power = row("core_power").value;
    let ratio = power.times(2.0 * network.macs() / 200e9 / 2.36e-6);
    assert!((0.5..0.6).contains(&ratio.low) && (2.7..2.9).contains(&ratio.high), "{ratio:?}");
}

/// 185,400 samples of 100 µs a second on two threads.
#[test]
fn simulating_the_chip_takes_little_more_than_the_chip_and_is_faster_while_it_is_small() {
    let energy = row("core_power").value.times(2.0 / 185_400.0);
    about_equal(energy.low, 22e-6, 0.02);
    about_equal(energy.high, 108e-6, 0.01);
    let chip = row("chip_power").value.low * 100e-6;
    about_equal(energy.low / chip, 1.1, 0.03);
    about_equal(energy.high / chip, 5.4, 0.01);
    about_equal(185_400.0 * 100e-6, 18.5, 0.01);
}

/// The usual count of operations says "13 times less"; with the same integers and one read of memory each it is 1.2, and
/// with membranes a digital spiking network is the dearer one.
#[test]
fn counting_operations_alone_proves_nothing() {
    let of = |id: &str| row(id).value.low;
    let (macs, acs) = (65_436.0, 25_200.0);
    about_equal(macs * of("mac_fp32"), 0.30e-6, 0.01);
    about_equal(acs * of("add_fp32"), 0.023e-6, 0.02);
    about_equal(macs * of("mac_fp32") / (acs * of("add_fp32")), 13.0, 0.03);
    let fair = 25_800.0 * (of("mac_int8") + of("sram"));
    let spiking = acs * (of("add_int8") + of("sram"));
    about_equal(fair, 38e-9, 0.01);
    about_equal(spiking, 32e-9, 0.01);
    about_equal(fair / spiking, 1.2, 0.02);
    let membranes = 10_240.0 * of("membrane");
    about_equal(membranes, 51e-9, 0.01);
    about_equal((spiking + membranes) / fair, 2.2, 0.01);
}

/// MLPerf Tiny as an all-in figure for a dense network: pJ a product, and 256-246-10 at that rate.
#[test]
fn published_microcontrollers_are_scaled_by_the_number_of_products() {
    let macs = example(40e-6).macs();
    for (id, each, scaled) in
        [("gap9", 19.9, 1.3), ("u385", 120.5, 7.9), ("xg24", 179.0, 11.7), ("u575", 292.0, 19.1), ("h7a3", 627.0, 41.0)]
    {
        let energy = row(id).value.low;
        about_equal(1e12 * energy / AUTOENCODER_MACS, each, 0.01);
        about_equal(1e6 * energy * macs / AUTOENCODER_MACS, scaled, 0.01);
    }
}

#[test]
fn every_figure_has_a_name_of_its_own_and_a_source_that_can_be_looked_up() {
    for (k, row) in ROWS.iter().enumerate() {
        assert!(ROWS[..k].iter().all(|other| other.id != row.id), "{} is there twice", row.id);
        assert!(row.source.len() > 7, "{}: {}", row.id, row.source);
        assert!(!row.name.is_empty());
    }
}

/// Two inputs, two hidden neurons, two classes, four steps, by hand.
#[test]
fn the_metrics_of_a_network_that_can_be_counted_by_hand() {
    let codes =
        Codes { input: array![[1, 0], [3, -2]], recurrent: Array2::zeros((0, 2)), readout: array![[5, 0], [0, 0]] };
    let grid = TimeGrid::new(4e-6, 1e-6, 1);
    let mut counter = Counter::new(&codes, grid);
    // Input 0 twice in one step, which is one input that is not zero, and input 1 once.
    let input = SpikeTrain::from_events(vec![(1e-6, 0), (1.1e-6, 0), (2e-6, 1)]);
    let spikes = [GridSpike { step: 2, neuron: 0 }, GridSpike { step: 3, neuron: 1 }];
    // Neuron 0 moves in every step, neuron 1 in the second only.
    let membranes = array![[0.1, 0.0], [0.2, 0.3], [0.1, 0.3], [0.4, 0.3]];
    counter.add(&input, &spikes, &membranes.view());
    let metrics = counter.metrics();
    // One weight from input 0, two from input 1, one from neuron 0, none from neuron 1; eight weights in four steps.
    let expected = [8.0, 0.5, 0.75, 32.0, 4.0, 0.0, 2.0 + 3.0 + 1.0, 4.0, 1e6];
    for (name, (value, expected)) in NeuroBench::NAMES.iter().zip(metrics.values().into_iter().zip(expected)) {
        assert!((value - expected).abs() < 1e-6 * expected.max(1.0), "{name}: {value} is not {expected}");
    }
    assert!(counter.events_and_spikes().into_iter().eq([3.0, 2.0]));
}

#[test]
fn a_run_is_counted_with_the_spikes_that_its_report_has() {
    let params = Params::for_task(TaskKind::YinYang)
        .with(|p| (p.learning.epochs, p.task.train_samples, p.learning.threads) = (1, 300, 1));
    let mut experiment = Experiment::new(&params).expect("an experiment");
    let reports = loop {
        if let Some(reports) = experiment.step().expect("a step").epoch_done {
            break reports;
        }
    };
    for report in reports {
        let (network, metrics) = Network::of(&experiment, report.lane, usize::MAX).expect("the lane");
        about_equal(network.hidden_spikes, report.hidden_spikes, 1e-9);
        let steps = params.network.grid().n_chip() as f64;
        about_equal(1.0 - metrics.activation_sparsity, report.hidden_spikes / (120.0 * steps), 1e-6);
        about_equal(metrics.dense, network.weights() * steps, 1e-12);
        assert!(metrics.effective_acs <= network.input_events * 120.0 + network.hidden_spikes * 3.0);
    }
    let report = Report::new(&experiment, Lane::InTheLoop, Price::assumed(Missing::None), 10).expect("the lane");
    assert!(report.simulation().is_some_and(|energy| energy.low < energy.high), "an estimate is a band");
    let compared = report.compared(Mode::Inference);
    assert!(compared.windows(2).all(|w| w[0].energy.middle() <= w[1].energy.middle()));
    assert!(compared.iter().any(|c| c.who == Who::Own(Boundary::Chip)));
}

/// The counters of two packages with everything that must not be added: cores, memory, platform, a second driver.
fn kernel(root: &Path, counters: [u64; 2], [own, busy]: [u64; 2]) {
    let class = root.join("class/powercap");
    let zone = |name: &str, label: &str, energy: u64| {
        let folder = class.join(name);
        fs::create_dir_all(&folder).expect("a folder");
        for (file, text) in [
            ("name", label.to_owned()),
            ("energy_uj", energy.to_string()),
            ("max_energy_range_uj", "1000000000".into()),
        ] {
            fs::write(folder.join(file), text + "\n").expect("a file");
        }
    };
    zone("intel-rapl:0", "package-0", counters[0]);
    zone("intel-rapl:1", "package-1", counters[1]);
    zone("intel-rapl:0:0", "core", 7_000_000);
    zone("intel-rapl:0:1", "dram", 9_000_000);
    zone("intel-rapl:2", "psys", 5_000_000);
    zone("intel-rapl-mmio:0", "package-0", counters[0]);
    fs::create_dir_all(root.join("proc/self")).expect("a folder");
    let fields = format!("42 (a (strange) name) S 1 1 1 0 -1 0 0 0 0 0 {own} 0 0 0 20 0 1 0 0\n");
    fs::write(root.join("proc/self/stat"), fields).expect("a file");
    fs::write(root.join("proc/stat"), format!("cpu  {busy} 0 0 1000000 0 0 0 0 0 0\ncpu0 1 2 3\n")).expect("a file");
}

fn meter(root: &Path) -> Meter {
    Meter::at(&root.join("class"), &root.join("proc"))
}

#[test]
fn packages_are_added_once_counters_that_begin_again_are_followed_and_nested_ones_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    kernel(root, [1_000_000, 999_000_000], [100, 1000]);
    let mut meter = meter(root);
    assert_eq!(meter.price().method, Method::Estimate(Missing::Unread));
    assert!(!meter.learnt(10.0));
    // Two seconds: 30 J, and 1 + 9 J over the end of the range. This program had 3 of 4 core seconds.
    kernel(root, [31_000_000, 9_000_000], [400, 1400]);
    assert!(!meter.learnt(10.5), "too early");
    assert!(meter.learnt(12.0));
    let price = meter.price();
    assert_eq!(price.method, Method::Package);
    about_equal(price.core_second.low, 40.0 / 4.0, 1e-9);
    assert!(price.core_second.is_exact());
    about_equal(price.cores.expect("cores"), 1.5, 1e-9);
    about_equal(price.own.expect("a share"), 0.75, 1e-9);
    assert!(price.others_busy(), "a quarter of the time belonged to others");
}

#[test]
fn what_the_machine_draws_at_rest_is_measured_while_nothing_is_learnt_and_taken_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    kernel(root, [0, 0], [0, 0]);
    let mut meter = meter(root);
    assert!(meter.can_rest());
    meter.rest(0.0, true);
    about_equal(meter.resting(1.0).expect("under way"), 2.0, 1e-9);
    kernel(root, [12_000_000, 3_000_000], [0, 10]);
    assert!(!meter.rested(2.9));
    assert!(meter.rested(3.0));
    about_equal(meter.price().rest.expect("rest"), 5.0, 1e-9);
    meter.learnt(10.0);
    kernel(root, [42_000_000, 3_000_000], [200, 210]);
    assert!(meter.learnt(12.0));
    let price = meter.price();
    about_equal(price.core_second.low, 30.0 / 2.0, 1e-9);
    about_equal(price.net.expect("net"), (30.0 - 5.0 * 2.0) / 2.0, 1e-9);
    assert!(!price.others_busy());
    // Learning that begins before the end is no rest.
    meter.rest(20.0, true);
    assert!(!meter.learnt(21.0) && meter.resting(21.0).is_none());
}

#[test]
fn without_a_counter_that_can_be_read_there_is_a_band_and_a_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let none = meter(folder.path());
    assert_eq!(none.price().method, Method::Estimate(Missing::None));
    assert_eq!(none.price().core_second, Band { low: 2.0, high: 10.0 });
    assert!(!none.can_rest());
    kernel(folder.path(), [0, 0], [0, 0]);
    // A counter that is there and cannot be read, as for anyone but root since Linux 5.10.
    let counter = folder.path().join("class/powercap/intel-rapl:1/energy_uj");
    fs::remove_file(&counter).expect("removed");
    fs::create_dir(&counter).expect("a folder cannot be read as a file");
    assert_eq!(meter(folder.path()).price().method, Method::Estimate(Missing::Refused));
}

#[test]
fn a_battery_counts_while_it_discharges() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    kernel(root, [0, 0], [0, 0]);
    fs::remove_dir_all(root.join("class/powercap")).expect("no counters");
    let battery = root.join("class/power_supply/BAT0");
    fs::create_dir_all(&battery).expect("a folder");
    let put = |file: &str, text: &str| fs::write(battery.join(file), text).expect("a file");
    put("type", "Battery\n");
    put("status", "Charging\n");
    put("current_now", "1500000\n");
    put("voltage_now", "12000000\n");
    assert!(meter(root).price().method.is_estimate(), "a battery that is charged tells nothing");
    put("status", "Discharging\n");
    let mut meter = meter(root);
    meter.learnt(0.0);
    fs::write(root.join("proc/self/stat"), "42 (x) S 1 1 1 0 -1 0 0 0 0 0 100 0 0\n").expect("a file");
    fs::write(root.join("proc/stat"), "cpu  100 0 0 0 0 0 0\n").expect("a file");
    assert!(meter.learnt(2.0));
    assert_eq!(meter.price().method, Method::Battery);
    // 18 W for two seconds, and one second of a core.
    about_equal(meter.price().core_second.low, 36.0, 1e-9);
    put("status", "Charging\n");
    fs::write(root.join("proc/self/stat"), "42 (x) S 1 1 1 0 -1 0 0 0 0 0 300 0 0\n").expect("a file");
    fs::write(root.join("proc/stat"), "cpu  300 0 0 0 0 0 0\n").expect("a file");
    assert!(meter.learnt(4.0));
    assert!(meter.price().method.is_estimate(), "the charger was plugged in");
}

/// PyTorch with the same settings has 96.9 and 97.5 % of two splits of the same digits.
#[test]
fn the_conventional_network_learns_the_digits_and_is_cheaper_by_the_batch() {
    let params = Params::default().with(|p| p.learning.seed = 2);
    let experiment = Experiment::new(&params).expect("an experiment");
    let (data, duration) = (experiment.data(), params.network.grid().duration());
    assert!(Twin::train(data, 8, duration, 1, &|done, _| done < 1).is_none(), "it stops when it is told to");
    let twin = Twin::train(data, 64, duration, 1, &|_, _| true).expect("trained");
    let accuracy = twin.accuracy(data, duration);
    assert!((0.955..0.995).contains(&accuracy), "{accuracy}");
    let [one, many] = twin.time(data, duration);
    assert_eq!((one.batch, many.batch), (1, 256));
    assert!(one.seconds > 0.0 && many.seconds > 0.0 && many.seconds < 1e-3, "{one:?} {many:?}");
}

#[test]
fn another_size_that_is_run_has_its_neurons_its_time_and_spikes_in_proportion() {
    let params = Params::default().with(|p| (p.task.train_samples, p.learning.threads) = (60, 1));
    let data = Dataset::new(&params).unwrap();
    let host = Host::new(&params.for_host(), data.n_inputs, data.n_classes());
    let codes = host.codes();
    let [small, large] = [64, 512].map(|hidden| sizes::run(&params, &data, &codes, hidden, 1).unwrap());
    assert_eq!((small.hidden, large.hidden), (64, 512));
    assert!(small.speed > large.speed && large.speed > 0.0, "{small:?} {large:?}");
    // The larger one has the neurons of the network twice, the smaller one a quarter of them.
    let each = [small, large].map(|ran| ran.spikes / ran.hidden as f64);
    assert!(each[0] > 0.0 && (each[1] / each[0] - 1.0).abs() < 0.35, "{each:?}");
}
