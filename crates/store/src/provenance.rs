//! `provenance.json`: the program that requested a sweep's results, and the versions of the formats.

use std::path::Path;

use gainsweep_contract::identity::PARAMETER_FORMAT;
use gainsweep_contract::records::RECORD_FORMAT;
use serde::{Deserialize, Serialize};

use crate::attempts::ATTEMPTS_FORMAT;
use crate::plan_table::PLAN_FORMAT;
use crate::regular_file;

/// The version of [`Provenance`].
pub const PROVENANCE_FORMAT: u32 = 2;

/// The version of the gathered tables (`tables/*.csv`): their fixed columns and the meaning of these.
pub const TABLES_FORMAT: u32 = 4;

/// The record. The program that trained each cell, with version, commit and machine, is in the cell's
/// `done.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// [`PROVENANCE_FORMAT`].
    pub format: u32,
    /// Version of the planner.
    pub version: String,
    /// Commit that the planner was built from (`unknown` outside a checkout).
    pub commit: String,
    /// When the sweep was last started, ISO 8601 in UTC.
    pub started: String,
    /// Name of the machine.
    pub host: String,
    /// The planner's arguments.
    pub arguments: Vec<String>,
    /// The worker's program and its first arguments.
    pub worker: Vec<String>,
    /// The sweep file: relative to the folder of this record where a project holds both, else absolute (not in
    /// format 1).
    #[serde(default)]
    pub file: Option<String>,
    /// The hash of the worker's code, if it is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Versions of all formats.
    pub formats: Formats,
}

/// Versions of the formats of a sweep's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formats {
    /// Parameters and cell ids.
    pub parameters: u32,
    /// `done.json` and `progress.json`.
    pub records: u32,
    /// `plan.csv`.
    pub plan: u32,
    /// `attempts/*.csv`.
    pub attempts: u32,
    /// `tables/*.csv`.
    pub tables: u32,
}

impl Formats {
    /// The versions that this program writes.
    pub const CURRENT: Formats = Formats {
        parameters: PARAMETER_FORMAT,
        records: RECORD_FORMAT,
        plan: PLAN_FORMAT,
        attempts: ATTEMPTS_FORMAT,
        tables: TABLES_FORMAT,
    };
}

impl Provenance {
    /// The record, if it exists and can be read.
    pub fn read(path: &Path) -> Option<Provenance> {
        serde_json::from_slice(&regular_file::read(path).ok()?).ok()
    }

    /// The bytes of `provenance.json`.
    pub fn render(&self) -> Vec<u8> {
        // A struct of texts and numbers always has a JSON form.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, the shape of the file has changed: raise `PROVENANCE_FORMAT`.
    #[test]
    fn the_shape_of_format_2() {
        let provenance = Provenance {
            format: PROVENANCE_FORMAT,
            version: "0.1.0".into(),
            commit: "unknown".into(),
            started: "2026-01-01T00:00:00Z".into(),
            host: "node".into(),
            arguments: vec!["run".into(), "a b".into()],
            worker: vec!["gainsweep-worker".into()],
            file: Some("../../sweeps/s.toml".into()),
            code: Some("4f1c2a9d00112233".into()),
            formats: Formats { parameters: 1, records: 1, plan: 1, attempts: 1, tables: 1 },
        };
        assert_eq!(PROVENANCE_FORMAT, 2);
        insta::assert_snapshot!(String::from_utf8_lossy(&provenance.render()), @r#"
        {
          "format": 2,
          "version": "0.1.0",
          "commit": "unknown",
          "started": "2026-01-01T00:00:00Z",
          "host": "node",
          "arguments": [
            "run",
            "a b"
          ],
          "worker": [
            "gainsweep-worker"
          ],
          "file": "../../sweeps/s.toml",
          "code": "4f1c2a9d00112233",
          "formats": {
            "parameters": 1,
            "records": 1,
            "plan": 1,
            "attempts": 1,
            "tables": 1
          }
        }
        "#);
    }
}
