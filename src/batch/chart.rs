//! What came of a plan, as curves.

use std::collections::BTreeMap;

use super::table::leading_number;
use super::{Cell, Plan, Statistic, Table};
use crate::energy::MEASURES;
use crate::params::Lane;

/// What a chart has along its x axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartAxis {
    /// A parameter, in units of the edge.
    Param(&'static str),
    /// Hidden spikes per sample.
    HiddenSpikes,
    /// Hidden neurons that fell silent after training, %.
    SilentNeurons,
    /// Time at which the answer is read, µs.
    DecisionTime,
    /// Energy of the chip for one answer, µJ.
    ChipEnergy,
}

/// What tells a curve from the others of its lane: names and values.
pub type Variant = Vec<(&'static str, String)>;

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The lane.
    pub lane: Lane,
    /// Nothing where the lane has one curve only.
    pub variant: Variant,
    /// x in the unit of the axis; test accuracy 0…1.
    pub points: Vec<(f64, Statistic)>,
}

/// Test accuracy against a quantity, with its spread over seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The quantity.
    pub x: ChartAxis,
    /// A curve a lane and variant.
    pub curves: Vec<Curve>,
}

impl Chart {
    /// The charts of a plan: a sweep over its first parameter, a study over what it asks about; none where settings are
    /// not numbers.
    pub fn of(plan: &Plan, table: &Table) -> Vec<Self> {
        let lanes = table.lanes();
        let chart =
            |x: ChartAxis, lanes: &[Lane], of_cell: OfCell<'_>| Self { x, curves: curves(plan, lanes, of_cell) };
        let over = |name: &'static str, wanted: &dyn Fn(&Cell) -> bool, variant: &dyn Fn(&Cell) -> Variant| {
            chart(ChartAxis::Param(name), &lanes, &|k, lane| {
                let cell = &plan.cells[k];
                let x = leading_number(cell.value(name)?).filter(|_| wanted(cell))?;
                Some((variant(cell), vec![(x, table.accuracy(k, lane)?)]))
            })
        };
        if let Some(axis) = plan.axes.first() {
            return vec![chart(ChartAxis::Param(axis.key), &[plan.lane], &|k, lane| {
                let place = plan.place(k, 0);
                let x = axis.values[place].parse().unwrap_or(place as f64);
                Some((plan.cells[k].at[1..].to_vec(), vec![(x, table.accuracy(k, lane)?)]))
            })];
        }
        let probed = |x: ChartAxis, by: &'static str| {
            chart(x, &lanes, &|k, lane| {
                let point = |name: &&str| Some((leading_number(name)?, table.probed(k, lane, name)?));
                let points = table.probes(k).iter().filter_map(point).collect();
                Some((plan.cells[k].value(by).map(|value| (by, value.to_owned())).into_iter().collect(), points))
            })
        };
        let all = |_: &Cell| true;
        let one = |_: &Cell| Variant::new();
        match plan.name.as_str() {
            "self-calibration" => vec![over("sigma", &all, &|cell| {
                let variant = cell.value("variant").filter(|value| *value != "none");
                variant.map(|value| ("variant", value.to_owned())).into_iter().collect()
            })],
            "neuron-death" => vec![probed(ChartAxis::SilentNeurons, "dropout")],
            "decision-time" => vec![probed(ChartAxis::DecisionTime, "")],
            "sparsity" => vec![chart(ChartAxis::HiddenSpikes, &lanes, &|k, lane| {
                let spikes = table.over_seeds(k, lane, |l| Some(l.hidden_spikes))?;
                Some((Variant::new(), vec![(spikes.mean, table.accuracy(k, lane)?)]))
            })],
            "decide-earlier" => vec![chart(ChartAxis::ChipEnergy, &lanes, &|k, lane| {
                let energy = table.cost(k, lane, MEASURES[0])?;
                let knob = plan.cells[k].value("knob")?.to_owned();
                Some((vec![("knob", knob)], vec![(1e6 * energy.mean, table.accuracy(k, lane)?)]))
            })],
            "weight-bits" => vec![over("weight_bits", &all, &one)],
            "readout-noise" => {
                // The first cells vary the noise, the last ones the bits; each keeps what the other varies.
                let kept = |cell: Option<&Cell>, name| cell.and_then(|cell| cell.value(name)).map(str::to_owned);
                let (bits, noise) = (kept(plan.cells.first(), "cadc_bits"), kept(plan.cells.last(), "noise_readout"));
                vec![
                    over("noise_readout", &|cell| cell.value("cadc_bits") == bits.as_deref(), &one),
                    over("cadc_bits", &|cell| cell.value("noise_readout") == noise.as_deref(), &one),
                ]
            }
            _ => Vec::new(),
        }
    }
}

/// The points of a lane of a cell, and the variant that they belong to; x first.
type OfCell<'a> = &'a dyn Fn(usize, Lane) -> Option<(Variant, Vec<(f64, Statistic)>)>;

/// A curve a lane and variant, in the order of x. What has no variant belongs to every variant, if there are any.
fn curves(plan: &Plan, lanes: &[Lane], of_cell: OfCell<'_>) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    let mut places: BTreeMap<(Variant, usize), usize> = BTreeMap::new();
    for k in 0..plan.cells.len() {
        for (n, &lane) in lanes.iter().enumerate() {
            let Some((variant, points)) = of_cell(k, lane) else { continue };
            let place = *places.entry((variant.clone(), n)).or_insert_with(|| {
                curves.push(Curve { lane, variant, points: Vec::new() });
                curves.len() - 1
            });
            curves[place].points.extend(points);
        }
    }
    let (mut own, shared): (Vec<Curve>, Vec<Curve>) = curves.into_iter().partition(|curve| !curve.variant.is_empty());
    if own.is_empty() {
        own = shared;
    } else {
        for curve in &mut own {
            let of_lane = shared.iter().filter(|other| other.lane == curve.lane);
            curve.points.extend(of_lane.flat_map(|other| other.points.iter().copied()));
        }
    }
    own.retain(|curve| !curve.points.is_empty());
    for curve in &mut own {
        curve.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::paper::{Request, plan};
    use crate::batch::{Axis, Grid, LaneOutcome, Outcome};
    use crate::params::Params;
    use crate::protocol::Protocol;

    #[test]
    fn mean_and_deviation_are_those_of_the_textbook() {
        // Values 2, 4, 4, 4, 5, 5, 7, 9: mean 5, sum of squares 32, so sd = √(32/7).
        let s = Statistic::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert!((s.mean - 5.0).abs() < 1e-12 && (s.sd - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(Statistic::of(&[]), None);
    }

    /// Outcomes in which accuracy and spikes tell which cell they are of.
    fn filled(plan: &Plan) -> Vec<Chart> {
        let mut table = Table::empty(plan);
        for run in 0..plan.runs() {
            let cell = (run % plan.cells.len()) as f64;
            let of_lane = |lane: &Lane| LaneOutcome {
                lane: *lane,
                train_accuracy: 1.0,
                test_accuracy: 0.01 * cell,
                test_loss: 0.0,
                hidden_spikes: 100.0 - cell,
                probed: vec![("20 % silent".into(), 0.5), ("5 % silent".into(), 0.7)],
                cost: None,
            };
            let protocol = plan.protocol(run);
            let lanes = protocol.params.learning.lanes.iter().map(of_lane).collect();
            let seed = protocol.params.learning.seed;
            table.enter(plan, run, Outcome { seed, epochs: 1, lanes, stopped_early: false, failed: None });
        }
        Chart::of(plan, &table)
    }

    fn charts(name: &str) -> Vec<Chart> {
        filled(&plan(name, &Request::around(Protocol::default(), 2)).unwrap())
    }

    fn xs(curve: &Curve) -> Vec<f64> {
        curve.points.iter().map(|(x, _)| *x).collect()
    }

    #[test]
    fn every_variant_of_self_calibration_begins_at_the_same_undisturbed_chip() {
        let charts = charts("self-calibration");
        assert_eq!(charts.len(), 1);
        assert_eq!(charts[0].curves.len(), 9, "three variants of three lanes");
        for curve in &charts[0].curves {
            assert_eq!(xs(curve), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
            // The undisturbed chip is the first cell.
            assert_eq!(curve.points[0].1, Statistic { mean: 0.0, sd: 0.0, n: 2 });
        }
    }

    #[test]
    fn noise_and_bits_of_the_readout_are_two_charts_with_the_default_in_both() {
        let charts = charts("readout-noise");
        let [noise, bits] = charts.as_slice() else { panic!("{} charts", charts.len()) };
        assert_eq!(xs(&noise.curves[0]), [0.0, 1.7, 5.0, 10.0, 20.0, 30.0]);
        assert_eq!(xs(&bits.curves[0]), [2.0, 3.0, 4.0, 5.0, 6.0, 8.0]);
    }

    #[test]
    fn probes_are_charts_in_the_order_of_what_was_probed_and_other_studies_have_the_axis_they_ask_about() {
        let death = charts("neuron-death");
        assert_eq!((death[0].x, death[0].curves.len()), (ChartAxis::SilentNeurons, 4));
        assert_eq!(xs(&death[0].curves[0]), [5.0, 20.0]);
        assert_eq!(death[0].curves[2].variant, [("dropout", "40 %".to_owned())]);
        let sparse = charts("sparsity");
        assert_eq!(xs(&sparse[0].curves[0]), [92.0, 93.0, 94.0, 95.0, 96.0, 97.0, 98.0, 99.0, 100.0]);
        let bits = charts("weight-bits");
        assert_eq!(xs(&bits[0].curves[0]), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert!(charts("table1").is_empty());
    }

    #[test]
    fn a_sweep_is_one_chart_over_its_first_parameter_with_a_curve_for_every_value_of_the_others() {
        let range = |key: &str, to: f64| Axis::range(key, 1.0, to, 3, false, "test").unwrap();
        let axes = vec![range("sigma", 5.0), range("hidden", 3.0), range("batch", 3.0)];
        let charts = filled(&Grid { axes, ..Grid::around(Params::default()) }.plan().unwrap());
        let [Chart { x: ChartAxis::Param("sigma"), curves }] = charts.as_slice() else { panic!("{charts:?}") };
        assert_eq!((curves.len(), xs(&curves[0])), (9, vec![1.0, 3.0, 5.0]));
        assert_eq!(curves[5].variant, [("hidden", "2".to_owned()), ("batch", "3".to_owned())]);
        // Cells count with the last parameter fastest: 5, 14 and 23 are those of that curve.
        let means: Vec<f64> = curves[5].points.iter().map(|(_, y)| y.mean).collect();
        assert!(means.iter().zip([0.05, 0.14, 0.23]).all(|(a, b)| (a - b).abs() < 1e-12), "{means:?}");
    }
}
