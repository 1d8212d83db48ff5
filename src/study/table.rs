//! What came of a study: means and spreads over seeds, as rows and as curves.

use super::catalogue::{Published, published};
use super::{LaneOutcome, Outcome, Study};
use crate::params::Lane;

/// Mean and standard deviation over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistic {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the sample (n − 1); 0 for a single value.
    pub sd: f64,
    /// Number of values.
    pub n: usize,
}

impl Statistic {
    /// Of the given values; `None` when there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let spread: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let sd = if n > 1 { (spread / (n - 1) as f64).sqrt() } else { 0.0 };
        (n > 0).then_some(Self { mean, sd, n })
    }
}

/// One lane of one setting over all its seeds; fractions 0…1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneRow {
    /// The lane.
    pub lane: Lane,
    /// Accuracy over the last epoch of training.
    pub train: Statistic,
    /// Accuracy on the test split.
    pub test: Statistic,
    /// Hidden spikes per test sample.
    pub hidden_spikes: Statistic,
}

/// One quantity that the probe found, for every lane of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Probed {
    /// What was probed, such as `8.5 µs`.
    pub name: String,
    /// Accuracy 0…1, a value a lane of the table; `None` where a lane has none.
    pub lanes: Vec<Option<Statistic>>,
}

/// One setting of a study over all its seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Where it stands: names and values.
    pub at: Vec<(String, String)>,
    /// Runs that are done.
    pub seeds: usize,
    /// A value a lane of the table; `None` where a lane has none.
    pub lanes: Vec<Option<LaneRow>>,
    /// What the probe found.
    pub probed: Vec<Probed>,
    /// Published accuracies in % for software and chip, where there are any.
    pub published: Option<[Published; 2]>,
}

impl Row {
    fn value(&self, name: &str) -> Option<&str> {
        self.at.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A lane of this setting.
    pub fn lane(&self, lane: Lane) -> Option<&LaneRow> {
        self.lanes.iter().flatten().find(|row| row.lane == lane)
    }
}

/// All settings of a study for which a run is done, in the order of the outcomes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The lanes that ran.
    pub lanes: Vec<Lane>,
    /// A row a setting.
    pub rows: Vec<Row>,
    /// Whether published figures stand beside.
    pub with_published: bool,
}

impl Table {
    /// The table of finished runs.
    pub fn of(study: &Study, outcomes: &[Outcome]) -> Self {
        let ran = |lane: &Lane| outcomes.iter().any(|o| o.lanes.iter().any(|l| l.lane == *lane));
        let lanes: Vec<Lane> = Lane::ALL.into_iter().filter(ran).collect();
        let with_published = study.name == "table1";
        let mut groups: Vec<Vec<&Outcome>> = Vec::new();
        for outcome in outcomes {
            match groups.iter_mut().find(|group| group[0].at == outcome.at) {
                Some(group) => group.push(outcome),
                None => groups.push(vec![outcome]),
            }
        }
        let row = |group: &Vec<&Outcome>| {
            let at = group[0].at.clone();
            let published = match at.as_slice() {
                [(_, task), (_, augmentation), ..] if with_published => published(task, augmentation),
                _ => None,
            };
            Row {
                seeds: group.len(),
                lanes: lanes.iter().map(|&lane| lane_row(group, lane)).collect(),
                probed: probed(group, &lanes),
                published,
                at,
            }
        };
        Self { rows: groups.iter().map(row).collect(), lanes, with_published }
    }
}

fn over_seeds(group: &[&Outcome], lane: Lane, value: impl Fn(&LaneOutcome) -> Option<f64>) -> Option<Statistic> {
    let of_lane = group.iter().flat_map(|o| o.lanes.iter().filter(|l| l.lane == lane));
    Statistic::of(&of_lane.filter_map(value).collect::<Vec<_>>())
}

fn lane_row(group: &[&Outcome], lane: Lane) -> Option<LaneRow> {
    Some(LaneRow {
        lane,
        train: over_seeds(group, lane, |l| Some(l.train_accuracy))?,
        test: over_seeds(group, lane, |l| Some(l.test_accuracy))?,
        hidden_spikes: over_seeds(group, lane, |l| Some(l.hidden_spikes))?,
    })
}

fn probed(group: &[&Outcome], lanes: &[Lane]) -> Vec<Probed> {
    let Some(first) = group.iter().flat_map(|o| &o.lanes).find(|l| !l.probed.is_empty()) else { return Vec::new() };
    let of = |name: &String| {
        let value = |l: &LaneOutcome| l.probed.iter().find(|(n, _)| n == name).map(|(_, a)| *a);
        Probed { name: name.clone(), lanes: lanes.iter().map(|&lane| over_seeds(group, lane, value)).collect() }
    };
    first.probed.iter().map(|(name, _)| of(name)).collect()
}

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
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The lane.
    pub lane: Lane,
    /// What tells it from the other curves of that lane: name and value.
    pub variant: Option<(String, String)>,
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
    /// The charts of a study; none where its settings are not numbers.
    pub fn of(study: &Study, table: &Table) -> Vec<Self> {
        let of_parameter = |key: &'static str, rows: &dyn Fn(&Row) -> bool| Self {
            x: ChartAxis::Param(key),
            curves: curves(table, &|_| None, &|_, row, lane| {
                let x = leading_number(row.value(key)?)?;
                Some(vec![(x, row.lane(lane)?.test)]).filter(|_| rows(row))
            }),
        };
        match study.name {
            "self-calibration" => vec![self_calibration(table)],
            "neuron-death" => vec![of_probe(table, ChartAxis::SilentNeurons, "dropout")],
            "decision-time" => vec![of_probe(table, ChartAxis::DecisionTime, "")],
            "sparsity" => vec![Self {
                x: ChartAxis::HiddenSpikes,
                curves: curves(table, &|_| None, &|_, row, lane| {
                    let of_lane = row.lane(lane)?;
                    Some(vec![(of_lane.hidden_spikes.mean, of_lane.test)])
                }),
            }],
            "weight-bits" => vec![of_parameter("weight_bits", &|_| true)],
            "readout-noise" => {
                // The first settings vary the noise, the last ones the bits; each keeps what the other varies.
                let kept = |job: Option<&super::Job>, key: &str| {
                    job.and_then(|job| job.at.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone()))
                };
                let (bits, noise) = (kept(study.jobs.first(), "cadc_bits"), kept(study.jobs.last(), "noise_readout"));
                vec![
                    of_parameter("noise_readout", &|row| row.value("cadc_bits") == bits.as_deref()),
                    of_parameter("cadc_bits", &|row| row.value("noise_readout") == noise.as_deref()),
                ]
            }
            _ => Vec::new(),
        }
    }
}

type Variant = Option<(String, String)>;
/// x and the accuracy there.
type Places = Vec<(f64, Statistic)>;

/// A curve a lane and variant from the points that every row gives, in the order of x.
fn curves(
    table: &Table,
    variant: &dyn Fn(&Row) -> Variant,
    points: &dyn Fn(&Variant, &Row, Lane) -> Option<Places>,
) -> Vec<Curve> {
    let mut variants: Vec<Variant> = Vec::new();
    for of_row in table.rows.iter().map(variant) {
        if !variants.contains(&of_row) {
            variants.push(of_row);
        }
    }
    // What belongs to every variant is none of its own, unless there is no other.
    if variants.len() > 1 {
        variants.retain(Option::is_some);
    }
    let mut all = Vec::new();
    for variant in variants {
        for &lane in &table.lanes {
            let mut of_lane: Vec<(f64, Statistic)> =
                table.rows.iter().filter_map(|row| points(&variant, row, lane)).flatten().collect();
            of_lane.sort_by(|a, b| a.0.total_cmp(&b.0));
            if !of_lane.is_empty() {
                all.push(Curve { lane, variant: variant.clone(), points: of_lane });
            }
        }
    }
    all
}

/// Over the strength of the mismatch, a variant for what has it; undisturbed, all variants are one.
fn self_calibration(table: &Table) -> Chart {
    let variant = |row: &Row| {
        let of_row = row.value("variant").filter(|value| *value != "none")?;
        Some(("variant".to_owned(), of_row.to_owned()))
    };
    let of_row = |wanted: &Variant, row: &Row, lane: Lane| {
        let own = variant(row);
        let x = leading_number(row.value("sigma")?)?;
        Some(vec![(x, row.lane(lane)?.test)]).filter(|_| own.is_none() || own == *wanted)
    };
    Chart { x: ChartAxis::Param("sigma"), curves: curves(table, &variant, &of_row) }
}

/// Over what the probe varied, a variant for every value of `by`.
fn of_probe(table: &Table, x: ChartAxis, by: &str) -> Chart {
    let variant = |row: &Row| row.value(by).map(|value| (by.to_owned(), value.to_owned()));
    let of_row = |wanted: &Variant, row: &Row, lane: Lane| {
        let place = table.lanes.iter().position(|l| *l == lane)?;
        let point = |probed: &Probed| Some((leading_number(&probed.name)?, probed.lanes.get(place).copied()??));
        Some(row.probed.iter().filter_map(point).collect()).filter(|_| variant(row) == *wanted)
    };
    Chart { x, curves: curves(table, &variant, &of_row) }
}

/// The number that a value such as `30 %` begins with.
fn leading_number(value: &str) -> Option<f64> {
    value.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::experiment_json;
    use crate::params::Params;
    use crate::study::catalogue::{Request, study};

    #[test]
    fn mean_and_deviation_are_those_of_the_textbook() {
        // Values 2, 4, 4, 4, 5, 5, 7, 9: mean 5, sum of squares 32, so sd = √(32/7).
        let s = Statistic::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert!((s.mean - 5.0).abs() < 1e-12 && (s.sd - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(Statistic::of(&[]), None);
    }

    /// Outcomes in which accuracy and spikes tell which job they are of.
    fn charts(name: &str) -> (Study, Vec<Outcome>, Vec<Chart>) {
        let base = Params::default();
        let study = study(name, &Request { tasks: vec![base.clone()], base, seeds: 2, schedule: Vec::new() }).unwrap();
        let per_seed = study.jobs.len() / 2;
        let outcomes: Vec<Outcome> = study
            .jobs
            .iter()
            .enumerate()
            .map(|(k, job)| Outcome {
                at: job.at.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect(),
                seed: job.params.learning.seed,
                lanes: job
                    .params
                    .learning
                    .lanes
                    .iter()
                    .map(|&lane| LaneOutcome {
                        lane,
                        train_accuracy: 1.0,
                        test_accuracy: 0.01 * (k % per_seed) as f64,
                        hidden_spikes: 100.0 - (k % per_seed) as f64,
                        probed: vec![("20 % silent".into(), 0.5), ("5 % silent".into(), 0.7)],
                    })
                    .collect(),
                failed: None,
                seconds: 1.0,
                experiment: experiment_json(&job.params),
            })
            .collect();
        let charts = Chart::of(&study, &Table::of(&study, &outcomes));
        (study, outcomes, charts)
    }

    fn xs(curve: &Curve) -> Vec<f64> {
        curve.points.iter().map(|(x, _)| *x).collect()
    }

    #[test]
    fn every_variant_of_self_calibration_begins_at_the_same_undisturbed_chip() {
        let (_, _, charts) = charts("self-calibration");
        assert_eq!(charts.len(), 1);
        assert_eq!(charts[0].curves.len(), 9, "three variants of three lanes");
        for curve in &charts[0].curves {
            assert_eq!(xs(curve), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
            // The undisturbed chip is the first job.
            assert_eq!(curve.points[0].1, Statistic { mean: 0.0, sd: 0.0, n: 2 });
        }
    }

    #[test]
    fn noise_and_bits_of_the_readout_are_two_charts_with_the_default_in_both() {
        let (_, _, charts) = charts("readout-noise");
        let [noise, bits] = charts.as_slice() else { panic!("{} charts", charts.len()) };
        assert_eq!(xs(&noise.curves[0]), [0.0, 1.7, 5.0, 10.0, 20.0, 30.0]);
        assert_eq!(xs(&bits.curves[0]), [2.0, 3.0, 4.0, 5.0, 6.0, 8.0]);
    }

    #[test]
    fn probes_are_charts_in_the_order_of_what_was_probed_and_other_studies_have_the_axis_they_ask_about() {
        let (_, _, death) = charts("neuron-death");
        assert_eq!((death[0].x, death[0].curves.len()), (ChartAxis::SilentNeurons, 4));
        assert_eq!(xs(&death[0].curves[0]), [5.0, 20.0]);
        assert_eq!(death[0].curves[2].variant, Some(("dropout".into(), "40 %".into())));
        let (_, _, sparse) = charts("sparsity");
        assert_eq!(xs(&sparse[0].curves[0]), [92.0, 93.0, 94.0, 95.0, 96.0, 97.0, 98.0, 99.0, 100.0]);
        let (_, _, bits) = charts("weight-bits");
        assert_eq!(xs(&bits[0].curves[0]), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let (_, _, none) = charts("table1");
        assert!(none.is_empty());
    }
}
