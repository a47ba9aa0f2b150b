/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zevents.c: one of its events has a code that good.c has already. */
#include "bad.h"

static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = nothing_read);
static const MgFeature features[] = { DRIVER ("zevents", &ops) };
static const MgEventInfo events[] = { { "good.thing", MG_SEVERITY_ALARM, "not so good", NULL } };
MODULE (.name = "zevents", .features = MG_TABLE (features), .events = MG_TABLE (events));
