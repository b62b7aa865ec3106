//! The path of each result. No other module of any crate builds a path below a sweep's folder.

use std::path::{Path, PathBuf};

use gainsweep_contract::{CellId, files};

/// The folder of one sweep: `results/<sweep>/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepFolder {
    root: PathBuf,
}

/// The folder of one cell, `cells/<id>/` in its sweep's folder, or of one attempt at it, `work/<id>.<attempt>/`, which its
/// worker owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFolder {
    root: PathBuf,
}

impl SweepFolder {
    /// The folder of the sweep `name` below `results`. Nothing is created.
    pub fn new(results: &Path, name: &str) -> SweepFolder {
        SweepFolder { root: results.join(name) }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Does it belong to the user of this process? A folder that is not there will.
    pub fn is_ours(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        fs_err::metadata(&self.root)
            .map_or(true, |folder| folder.uid() == rustix::process::geteuid().as_raw())
    }

    /// What was asked: a copy of the sweep file.
    pub fn sweep_file(&self) -> PathBuf {
        self.root.join("sweep.toml")
    }

    /// The cells: see [`crate::plan_table`].
    pub fn plan(&self) -> PathBuf {
        self.root.join("plan.csv")
    }

    /// The code that made the request: see [`crate::provenance`].
    pub fn provenance(&self) -> PathBuf {
        self.root.join("provenance.json")
    }

    /// The file that a running executor holds locked: see [`crate::lock`].
    pub fn lock(&self) -> PathBuf {
        self.root.join("run.lock")
    }

    /// One folder a submission to a batch system: see [`crate::submissions`].
    pub fn submissions(&self) -> PathBuf {
        self.root.join("submissions")
    }

    /// The folder of the submission of that name.
    pub fn submission(&self, name: &str) -> PathBuf {
        self.submissions().join(name)
    }

    /// The file that a submitting process holds locked: see [`crate::lock`].
    pub fn submit_lock(&self) -> PathBuf {
        self.root.join("submit.lock")
    }

    /// The file that a gathering process holds locked: see [`crate::lock`].
    pub fn gather_lock(&self) -> PathBuf {
        self.root.join("gather.lock")
    }

    /// Programs and files that submissions run, one folder for each content: see [`crate::submissions`].
    pub fn sealed(&self) -> PathBuf {
        self.root.join("sealed")
    }

    /// The folders of programs of the other sweeps beside this one.
    pub fn sealed_by_others(&self) -> impl Iterator<Item = PathBuf> {
        let sweeps = self.root.parent().and_then(|results| fs_err::read_dir(results).ok());
        let others = sweeps.into_iter().flatten().flatten().map(|sweep| sweep.path().join("sealed"));
        let own = self.sealed();
        others.filter(move |folder| *folder != own)
    }

    /// Who runs which cell: see [`crate::claims`].
    pub fn claims(&self) -> PathBuf {
        self.root.join("claims")
    }

    /// One CSV file of attempts a process: see [`crate::attempts`].
    pub fn attempts(&self) -> PathBuf {
        self.root.join("attempts")
    }

    /// The output of workers: one file a run or a task, not one a cell.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The folder of all cells.
    pub fn cells(&self) -> PathBuf {
        self.root.join("cells")
    }

    /// The folders of attempts whose results are not the cell's, or not yet: see [`crate::work`].
    pub fn works(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Results of a done cell that are being computed anew.
    pub fn replaced(&self, cell: CellId) -> PathBuf {
        self.works().join(format!("{cell}.replaced"))
    }

    /// The folder that one attempt at a cell works in.
    pub fn work(&self, id: CellId, attempt: u32) -> CellFolder {
        CellFolder { root: self.works().join(format!("{id}.{attempt}")) }
    }

    /// The folder of one cell that is done.
    pub fn cell(&self, id: CellId) -> CellFolder {
        CellFolder { root: self.cells().join(id.to_string()) }
    }

    /// The folder of gathered tables.
    pub fn tables(&self) -> PathBuf {
        self.root.join("tables")
    }

    /// One row a cell.
    pub fn cells_table(&self) -> PathBuf {
        self.tables().join("cells.csv")
    }

    /// The record of the last gathering.
    pub fn gathered(&self) -> PathBuf {
        self.tables().join(".gathered")
    }

    /// One row a point without the replicate axis.
    pub fn summary_table(&self) -> PathBuf {
        self.tables().join("summary.csv")
    }

    /// One row a cell: statistics over its own test contexts.
    pub fn summary_contexts_table(&self) -> PathBuf {
        self.tables().join("summary_contexts.csv")
    }

    /// All test contexts of all cells.
    pub fn contexts_table(&self) -> PathBuf {
        self.tables().join("contexts.csv")
    }

    /// All batches of all cells.
    pub fn history_table(&self) -> PathBuf {
        self.tables().join("history.csv")
    }

    /// The Parquet file of a table, beside it.
    pub fn parquet(&self, table: &Path) -> PathBuf {
        table.with_extension("parquet")
    }

    /// The folder of figures.
    pub fn figures(&self) -> PathBuf {
        self.root.join("figures")
    }

    /// The report, one page.
    pub fn report(&self) -> PathBuf {
        self.root.join("report.html")
    }
}

impl CellFolder {
    /// A cell's folder anywhere, for example that of a worker's `--out`.
    pub fn at(root: &Path) -> CellFolder {
        CellFolder { root: root.to_path_buf() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All parameters, resolved.
    pub fn parameters(&self) -> PathBuf {
        self.root.join(files::PARAMETERS)
    }

    /// All parameters as JSON, for programs that ask for it.
    pub fn parameters_json(&self) -> PathBuf {
        self.root.join(files::PARAMETERS_JSON)
    }

    /// Scalar results.
    pub fn metrics(&self) -> PathBuf {
        self.root.join(files::METRICS)
    }

    /// One row a batch.
    pub fn history(&self) -> PathBuf {
        self.root.join(files::HISTORY)
    }

    /// One row a test context.
    pub fn contexts(&self) -> PathBuf {
        self.root.join(files::CONTEXTS)
    }

    /// The trained network.
    pub fn model(&self) -> PathBuf {
        self.root.join(files::MODEL)
    }

    /// The record that makes a cell done.
    pub fn done(&self) -> PathBuf {
        self.root.join(files::DONE)
    }

    /// The progress of a running worker.
    pub fn progress(&self) -> PathBuf {
        self.root.join(files::PROGRESS)
    }

    /// The state from which a stopped training resumes.
    pub fn checkpoint(&self) -> PathBuf {
        self.root.join(files::CHECKPOINT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_design() {
        let folder = SweepFolder::new(Path::new("results"), "timescale");
        let id: CellId = "14c4641a39128249".parse().expect("an id");
        let cell = folder.cell(id);
        let all = [
            folder.sweep_file(),
            folder.plan(),
            folder.provenance(),
            folder.lock(),
            folder.submission("gs-timescale-k3v9"),
            folder.submit_lock(),
            folder.gather_lock(),
            folder.sealed(),
            folder.claims(),
            folder.attempts(),
            folder.logs(),
            folder.work(id, 2).root().to_path_buf(),
            folder.cells_table(),
            folder.summary_table(),
            folder.summary_contexts_table(),
            folder.contexts_table(),
            folder.history_table(),
            folder.figures(),
            folder.report(),
            cell.parameters(),
            cell.metrics(),
            cell.history(),
            cell.contexts(),
            cell.model(),
            cell.done(),
            cell.progress(),
            cell.checkpoint(),
        ];
        let lines: Vec<String> = all.iter().map(|path| path.display().to_string()).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        results/timescale/sweep.toml
        results/timescale/plan.csv
        results/timescale/provenance.json
        results/timescale/run.lock
        results/timescale/submissions/gs-timescale-k3v9
        results/timescale/submit.lock
        results/timescale/gather.lock
        results/timescale/sealed
        results/timescale/claims
        results/timescale/attempts
        results/timescale/logs
        results/timescale/work/14c4641a39128249.2
        results/timescale/tables/cells.csv
        results/timescale/tables/summary.csv
        results/timescale/tables/summary_contexts.csv
        results/timescale/tables/contexts.csv
        results/timescale/tables/history.csv
        results/timescale/figures
        results/timescale/report.html
        results/timescale/cells/14c4641a39128249/params.toml
        results/timescale/cells/14c4641a39128249/metrics.csv
        results/timescale/cells/14c4641a39128249/history.csv
        results/timescale/cells/14c4641a39128249/contexts.csv
        results/timescale/cells/14c4641a39128249/model.safetensors
        results/timescale/cells/14c4641a39128249/done.json
        results/timescale/cells/14c4641a39128249/progress.json
        results/timescale/cells/14c4641a39128249/checkpoint.safetensors
        ");
    }
}
