/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c: what format-json is. */
#include <metergate.h>

#include "format.h"

static const MgFormatOps ops =
    MG_INIT (MgFormatOps, .content_type = "application/json", .extension = "json", .create = json_create,
             .destroy = json_destroy, .begin = json_begin, .item = json_item, .end = json_end);

static const MgFeature features[] = {
    { .kind = MG_KIND_FORMAT,
      .maturity = MG_MATURITY_BETA,
      .name = "json",
      .summary = "JSON, a meter object a readout",
      .ops = &ops },
};

MG_MODULE_DEFINE (.name = "format-json", .version = "0.1.0", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (features));
