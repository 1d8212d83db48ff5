//! Files as others write them, damaged ones, and ones that cost more than they may.

use super::*;

#[test]
fn numbers_in_half_precision_are_read() {
    // All weights of the fixtures are exact in half precision.
    let half = read("half.nir").unwrap();
    assert_eq!(half, read("cuba.nir").unwrap());
    assert_weights(&half.network, 1.0, 1.0);
}

#[test]
fn a_graph_within_a_graph_is_read_as_what_it_holds() {
    assert_eq!(read("cell.nir").unwrap(), read("recurrent.nir").unwrap());
    assert_eq!(read("whole.nir").unwrap(), read("cuba.nir").unwrap());
    let inner = file::read(&fixture("cuba.nir")).unwrap();
    let mut ends = Graph::default();
    ends.put("net", Node::Other("NIRGraph".into()));
    ends.join("net", "net");
    let mut without = inner.clone();
    without.nodes.retain(|(name, _)| name != "output");
    assert!(ends.clone().lay_open("net", without, 100).unwrap_err().contains("one Output"));
    assert!(ends.lay_open("net", inner, 3).unwrap_err().contains("at most 3 edges"));
}

#[test]
fn graphs_ten_deep_are_refused() {
    fn fill(group: &mut hdf5_pure::GroupBuilder, deeper: usize) {
        group.create_dataset("type").with_vlen_strings(&["NIRGraph"]).with_shape(&[]);
        let mut nodes = group.create_group("nodes");
        if deeper > 0 {
            let mut net = nodes.create_group("net");
            fill(&mut net, deeper - 1);
            nodes.add_group(net.finish());
        }
        group.add_group(nodes.finish());
    }
    let mut file = hdf5_pure::FileBuilder::new();
    let mut root = file.create_group("node");
    fill(&mut root, 10);
    file.add_group(root.finish());
    let text = file::parse(file.finish().unwrap(), Path::new("deep.nir")).unwrap_err().to_string();
    assert!(text.contains("more than 8 deep"), "{text}");
}

/// Everything in the time of biology, a thousand times slower than on the chip: also the refractory time.
#[test]
fn the_refractory_time_is_sped_up_like_all_others() {
    let mut graph = file::read(&fixture("cuba.nir")).unwrap();
    for name in ["lif1", "li2"] {
        for key in ["tau_mem", "tau_syn"] {
            array(&mut graph, name, key).data.iter_mut().for_each(|tau| *tau *= 1e3);
        }
    }
    for (key, value) in [("dt", 0.85e-3), ("refractory", 2e-3)] {
        graph.metadata.iter_mut().find(|(known, _)| known == key).unwrap().1 = Meta::Number(value);
    }
    let slow = fit(&graph, Path::new("slow.nir"), &Params::default(), Wanted::default()).unwrap();
    assert!((slow.params.network.refractory - 2e-6).abs() < 1e-18, "{}", slow.params.network.refractory);
    assert!(slow.notes.iter().any(|note| note.contains("1000 times faster")), "{:?}", slow.notes);
}

#[test]
fn a_step_that_is_no_number_is_refused_and_one_that_is_missing_is_told() {
    let good = file::read(&fixture("cuba.nir")).unwrap();
    let with = |dt: Option<Meta>, wanted: Option<f64>| {
        let mut graph = good.clone();
        graph.metadata.retain(|(key, _)| key != "dt");
        graph.metadata.extend(dt.map(|dt| ("dt".to_owned(), dt)));
        fit(&graph, Path::new("net.nir"), &Params::default(), Wanted { dt: wanted, speed_up: None })
    };
    for (dt, word) in
        [(Meta::Text("0.001".into()), "the text \"0.001\""), (Meta::Numbers(vec![1e-3, 1e-3]), "a list of 2")]
    {
        let text = with(Some(dt.clone()), None).unwrap_err().to_string();
        assert!(text.contains("net.nir, metadata: `dt` is") && text.contains(word), "{text}");
        assert!(with(Some(dt), Some(1e-6)).is_ok(), "what was asked for counts");
    }
    // With other steps the weights are too large for the chip or tiny; here only the note counts.
    let notes = with(None, Some(1e-6)).unwrap().notes;
    assert!(notes.contains(&"a 1 is a spike for 1e-6 s: as asked for".to_owned()), "{notes:?}");
    let text = with(None, None).map_or_else(|why| why.to_string(), |read| read.notes.join("; "));
    assert!(text.contains("the usual step, as the file names none") || text.contains("weight_full_scale"), "{text}");
}

#[test]
fn a_readout_threshold_that_is_never_reached_is_none() {
    let mut graph = file::read(&fixture("cuba.nir")).unwrap();
    let plain = fit(&graph, Path::new("net.nir"), &Params::default(), Wanted::default()).unwrap();
    let Node::Cuba { spiking, .. } = node(&mut graph, "li2") else { panic!("neurons") };
    *spiking = Some(Spiking { v_threshold: Array::constant(2, f64::INFINITY), v_reset: Array::constant(2, 0.0) });
    assert_eq!(fit(&graph, Path::new("net.nir"), &Params::default(), Wanted::default()).unwrap(), plain);
}

#[test]
fn damaged_and_foreign_files_are_refused_and_nothing_panics() {
    let bytes = std::fs::read(fixture("recurrent.nir")).unwrap();
    let path = Path::new("cut.nir");
    file::parse(bytes.clone(), path).unwrap();
    for k in 0..200 {
        let text = file::parse(bytes[..k * bytes.len() / 200].to_vec(), path).expect_err("cut off").to_string();
        assert!(text.contains("cut.nir"), "{text}");
    }
    // A flipped bit may go unnoticed, in a weight for instance, but it never panics.
    let mut seen = [0, 0];
    for k in (0..bytes.len()).step_by(7) {
        let mut flipped = bytes.clone();
        flipped[k] ^= 1 << (k % 8);
        let result = file::parse(flipped, path).and_then(|g| fit(&g, path, &Params::default(), Wanted::default()));
        seen[usize::from(result.is_err())] += 1;
    }
    assert!(seen[0] > 100 && seen[1] > 100, "{seen:?}");
    for name in ["../tests/data/spikes_f32.h5", "../README.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let text = file::read(&path).unwrap_err().to_string();
        assert!(text.contains(name) && text.contains("NIR"), "{text}");
    }
    assert!(file::read(Path::new("nowhere.nir")).unwrap_err().to_string().contains("nowhere.nir"));
}

/// A file with one set of weights, as `fill` writes them.
fn with_weights(fill: impl FnOnce(&mut hdf5_pure::DatasetBuilder)) -> Vec<u8> {
    let mut file = hdf5_pure::FileBuilder::new();
    let mut root = file.create_group("node");
    root.create_dataset("type").with_vlen_strings(&["NIRGraph"]).with_shape(&[]);
    let mut nodes = root.create_group("nodes");
    let mut weights = nodes.create_group("fc1");
    weights.create_dataset("type").with_vlen_strings(&["Linear"]).with_shape(&[]);
    fill(weights.create_dataset("weight"));
    nodes.add_group(weights.finish());
    root.add_group(nodes.finish());
    file.add_group(root.finish());
    file.finish().unwrap()
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let zeros = vec![0u8; 4000 * 3000];
    let bytes = with_weights(|data| {
        data.with_u8_data(&zeros).with_shape(&[4000, 3000]).with_chunks(&[4000, 3000]).with_deflate(9);
    });
    assert!(bytes.len() < 100_000, "twelve million zeros pack well: {}", bytes.len());
    let text = file::parse(bytes, Path::new("bomb.nir")).unwrap_err().to_string();
    assert!(text.contains("node `fc1`") && text.contains("[4000, 3000]") && text.contains("too large"), "{text}");
}

/// Elements of a megabyte each: the number of elements alone says nothing.
#[test]
fn what_is_no_number_is_refused_by_its_type_before_it_is_unpacked() {
    let text = hdf5_pure::Datatype::String {
        size: 1 << 20,
        padding: hdf5_pure::StringPadding::NullPad,
        charset: hdf5_pure::CharacterSet::Ascii,
    };
    let bytes = with_weights(|data| {
        data.with_raw_data(text, vec![0; 1 << 20], 1).with_chunks(&[1]).with_deflate(9);
    });
    assert!(bytes.len() < 20_000, "{}", bytes.len());
    let text = file::parse(bytes, Path::new("bomb.nir")).unwrap_err().to_string();
    assert!(text.contains("node `fc1`: `weight` cannot be read as numbers"), "{text}");
}

#[test]
fn a_file_that_is_cut_off_is_called_so() {
    let bytes = std::fs::read(fixture("recurrent.nir")).unwrap();
    let text = file::parse(bytes[..3000].to_vec(), Path::new("cut.nir")).unwrap_err().to_string();
    assert!(text.contains(&format!("cut off: expected {} bytes, got 3000", bytes.len())), "{text}");
}
