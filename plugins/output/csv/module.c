/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c: what format-csv is, and its settings. */
#include <metergate.h>

#include "format.h"

static const MgChoice layouts[] = {
    { "0", CSV_SCALE, "Unix times, values as sent" },
    { "1", CSV_SCALE | CSV_POINT_USER | CSV_POINT_TIME, "0 with labels and times of the values" },
    { "3", CSV_SCALE | CSV_POINT_USER | CSV_POINT_TIME, "the same as 1" },
    { "4", CSV_SCALE | CSV_POINT_USER | CSV_POINT_TIME | CSV_LINK, "3 with the meter's address" },
    { "5", CSV_SCALE | CSV_POINT_USER | CSV_POINT_TIME | CSV_LINK | CSV_USER, "4 with the meter's label" },
    { "6", CSV_SCALE | CSV_POINT_USER | CSV_POINT_TIME | CSV_LINK | CSV_USER | CSV_INDEX, "5 with numbers" },
    { "9", CSV_PLAIN_TIME | CSV_POINT_USER | CSV_POINT_TIME | CSV_LINK | CSV_USER | CSV_INDEX,
      "times in words, values scaled" },
    { NULL, 0, NULL },
};
static const MgChoice separators[] = {
    { "semicolon", ';', NULL }, { "comma", ',', NULL }, { "tab", '\t', NULL }, { "pipe", '|', NULL }, { NULL, 0, NULL },
};
static const MgChoice marks[] = { { "point", '.', "12.5" }, { "comma", ',', "12,5" }, { NULL, 0, NULL } };

static const MgSetting settings[] = {
    { .key = "layout",
      .type = MG_SETTING_ENUM,
      .def = "9",
      .choices = layouts,
      .summary = "Columns, numbered as data concentrators do",
      .help = "9 is for people and spreadsheets: local times in words, values scaled to their unit. 0 to 6 are for "
              "machines: Unix "
              "times, each value with a scale." },
    { .key = "separator",
      .type = MG_SETTING_ENUM,
      .def = "semicolon",
      .choices = separators,
      .summary = "Between columns" },
    { .key = "decimal-mark",
      .type = MG_SETTING_ENUM,
      .def = "point",
      .choices = marks,
      .summary = "Decimal mark of scaled values" },
    { .key = "header",
      .type = MG_SETTING_BOOL,
      .def = "yes",
      .flags = MG_SETTING_ADVANCED,
      .summary = "Names of the columns in the first line" },
    { .key = "formula-guard",
      .type = MG_SETTING_BOOL,
      .def = "yes",
      .flags = MG_SETTING_ADVANCED,
      .summary = "An apostrophe before text that a spreadsheet would run",
      .help = "Labels and texts from meters that begin with `=`, `+`, `-`, `@`, a tab or a carriage return are "
              "formulas to a "
              "spreadsheet. Numbers are never touched." },
};

static const MgFormatOps ops = MG_INIT (
    MgFormatOps, .settings = MG_TABLE (settings), .content_type = "text/csv; charset=utf-8", .extension = "csv",
    .create = csv_create, .destroy = csv_destroy, .begin = csv_begin, .item = csv_item, .end = csv_end);

static const MgFeature features[] = {
    { .kind = MG_KIND_FORMAT,
      .maturity = MG_MATURITY_BETA,
      .name = "csv",
      .summary = "Comma-separated values, a line a readout",
      .ops = &ops },
};

MG_MODULE_DEFINE (.name = "format-csv", .version = "0.1.0", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (features));
