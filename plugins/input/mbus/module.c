/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c: what the mbus plugin offers. */
#include <metergate.h>

#include "decode.h"

static const MgDriverOps mbus_ops = MG_INIT (MgDriverOps, .decode = mbus_decode);

static const MgFeature mbus_features[] = {
    { .kind = MG_KIND_DRIVER,
      .maturity = MG_MATURITY_BETA,
      .name = "mbus",
      .summary = "Meters on a wired M-Bus (EN 13757-2, -3, -7)",
      .ops = &mbus_ops },
};

MG_MODULE_DEFINE (.name = "mbus", .version = "0.1.0", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (mbus_features));
