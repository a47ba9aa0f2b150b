/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c: what transport-file is, and its settings. */
#include <metergate.h>

#include "driver.h"

static const MgSetting settings[] = {
    { .key = "folder",
      .type = MG_SETTING_PATH,
      .flags = MG_SETTING_REQUIRED,
      .summary = "Where the files go, in folders of year and month",
      .help =
          "It is made when it is not there. Files appear under their name only when they are complete and on disk." },
    { .key = "keep-days",
      .type = MG_SETTING_INT,
      .def = "0",
      .min = "0",
      .max = "36500",
      .unit = "d",
      .summary = "Files of this report that are older are removed; 0: never",
      .help = "With `keep-size` as well, a file goes only when it is older and there is more than that." },
    { .key = "keep-size",
      .type = MG_SETTING_SIZE,
      .def = "0",
      .summary = "When the files of this report are more, the oldest are removed; 0: never" },
    { .key = "others-may-read",
      .type = MG_SETTING_BOOL,
      .def = "yes",
      .flags = MG_SETTING_ADVANCED,
      .summary = "Mode 0644, as far as the umask lets; no: 0600" },
};

static const MgTransportOps ops = MG_INIT (MgTransportOps, .settings = MG_TABLE (settings), .create = file_create,
                                           .destroy = file_destroy, .deliver = file_deliver);

static const MgFeature features[] = {
    { .kind = MG_KIND_TRANSPORT,
      .maturity = MG_MATURITY_BETA,
      .name = "file",
      .summary = "Files in a folder",
      .ops = &ops },
};

MG_MODULE_DEFINE (.name = "transport-file", .version = "0.1.0", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (features));
