#pragma once

#include <string>
#include <vector>

namespace aws_refresh_session::bench {

/// One figure of the report.
struct Row {
  std::string figure;
  std::string ours;
  std::string goal;
  /// The peers' figures from the same run.
  std::string peers;
};

using Rows = std::vector<Row>;

// One source file each.
Rows read_path();
Rows refusing_source();
Rows refresh_rule();
Rows signing();
Rows cold_process();
Rows profiles();
Rows served();
/// Empty if the Python package is not built.
Rows python_sessions();

/// Lines `name value` of the Python peers' program for one figure; empty if botocore is not installed.
std::vector<std::pair<std::string, double>> python_peers(const std::string& figure);

}  // namespace aws_refresh_session::bench
