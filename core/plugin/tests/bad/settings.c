/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* settings.c: one of its tables has a key twice. */
#include "bad.h"

static const MgSetting settings[] = {
    { .key = "address", .type = MG_SETTING_INT, .def = "1", .min = "0", .max = "250", .summary = "Primary address" },
    { .key = "address", .type = MG_SETTING_STRING, .def = "", .summary = "The same once more" },
};
static const MgDriverOps ops = MG_INIT (MgDriverOps, .device_settings = MG_TABLE (settings), .read = nothing_read);
static const MgFeature features[] = { DRIVER ("settings", &ops) };
MODULE (.name = "settings", .features = MG_TABLE (features));
