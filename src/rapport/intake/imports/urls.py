"""Addresses of imports."""

from __future__ import annotations

from django.urls import path

from rapport.intake.imports import pages

IMPORTS = "<slug:operation>/imports/"
ONE = f"{IMPORTS}<int:number>/"
MAPPINGS = f"{IMPORTS}mappings/"

urlpatterns = [
    path(IMPORTS, pages.imports, name="imports"),
    path(MAPPINGS, pages.list_mappings, name="import_mappings"),
    path(f"{MAPPINGS}<int:mapping_id>/rename/", pages.rename_mapping, name="rename_mapping"),
    path(f"{MAPPINGS}<int:mapping_id>/delete/", pages.delete_mapping, name="delete_mapping"),
    path(ONE, pages.show, name="import"),
    path(f"{ONE}progress", pages.progress, name="import_progress"),
    path(f"{ONE}plan/", pages.correct, name="import_plan"),
    path(f"{ONE}again/", pages.count_again, name="import_again"),
    path(f"{ONE}start/", pages.start, name="import_start"),
    path(f"{ONE}pause/", pages.pause, name="import_pause"),
    path(f"{ONE}resume/", pages.go_on, name="import_resume"),
    path(f"{ONE}discard/", pages.discard, name="import_discard"),
    path(f"{ONE}repeat/", pages.repeat, name="import_repeat"),
    path(f"{ONE}rollback/", pages.roll_back, name="import_rollback"),
    path(f"{ONE}to-mend.csv", pages.failed_rows, name="import_failed"),
    path(f"{ONE}mapping/", pages.save_mapping, name="import_save_mapping"),
]
