"""What people see of a run: live progress, tables, summary, HTML report, log lines and the result file."""
