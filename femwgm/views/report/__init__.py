"""`femwgm report`: one page that shows a run to somebody who was not there."""

from __future__ import annotations

from femwgm.views.report.page import report_html, write_report

__all__ = ["report_html", "write_report"]
