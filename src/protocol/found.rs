//! What a file of the user's is.

use std::path::{Path, PathBuf};

use crate::params::TaskKind;

/// What a file or folder of the user's is, judged by its name and by the names in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An experiment, or anything else: reading it will tell.
    Experiment,
    /// One sound.
    Sound,
    /// A network from another simulator.
    Network,
    /// Data for a task, and the folder to give it.
    Data(TaskKind, PathBuf),
}

/// Looks at names only; whether the content keeps what they promise is for the reader to find out.
pub fn recognise(path: &Path) -> Found {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_spikes = |name: &str| [".h5", ".hdf5", ".h5.gz", ".hdf5.gz"].iter().any(|end| name.ends_with(end));
    let is_images = |name: &str| name.contains("idx3") || name.contains("idx1");
    let images = |folder: &Path| {
        let fashion = folder.components().any(|c| c.as_os_str().to_string_lossy().to_lowercase().contains("fashion"));
        Found::Data(if fashion { TaskKind::FashionMnist } else { TaskKind::Mnist }, folder.to_path_buf())
    };
    if !path.is_dir() {
        let (file, folder) = (name(path), path.parent().unwrap_or(path));
        return match () {
            () if Path::new(&file).extension().is_some_and(|e| e == "wav") => Found::Sound,
            () if Path::new(&file).extension().is_some_and(|e| e == "nir") => Found::Network,
            () if is_spikes(&file) => Found::Data(TaskKind::Shd, path.to_path_buf()),
            () if is_images(&file) => images(folder),
            () => Found::Experiment,
        };
    }
    let names: Vec<String> = std::fs::read_dir(path)
        .map(|entries| entries.filter_map(|entry| Some(name(&entry.ok()?.path()))).collect())
        .unwrap_or_default();
    if names.iter().any(|n| is_images(n)) {
        images(path)
    } else if names.iter().any(|n| is_spikes(n)) {
        Found::Data(TaskKind::Shd, path.to_path_buf())
    } else {
        Found::Data(TaskKind::Speech, path.to_path_buf())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_recognised_by_what_its_files_are_called() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, b"").unwrap();
            path
        };
        put("fashion/train-images-idx3-ubyte.gz");
        put("digits/t10k-labels.idx1-ubyte");
        put("shd/shd_train.h5");
        let word = put("words/recordings/7_theo_3.WAV");
        let at = |name: &str| recognise(&folder.path().join(name));
        let data = |task, name: &str| Found::Data(task, folder.path().join(name));
        assert_eq!(at("fashion"), data(TaskKind::FashionMnist, "fashion"));
        assert_eq!(at("digits"), data(TaskKind::Mnist, "digits"));
        assert_eq!(at("shd"), data(TaskKind::Shd, "shd"));
        assert_eq!(at("words"), data(TaskKind::Speech, "words"));
        assert_eq!(recognise(&word), Found::Sound);
        assert_eq!(at("shd/shd_train.h5"), data(TaskKind::Shd, "shd/shd_train.h5"));
        assert_eq!(at("experiment.toml"), Found::Experiment);
        assert_eq!(at("net.NIR"), Found::Network);
    }
}
