/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode.h: the driver's decode (). */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/**
 * One telegram to readings (MgDriverOps.decode). A telegram that breaks off, is encrypted in part or reports an
 * application error is a partial readout; a bad link frame or CI is an error. The steps of `call` say "access" with the
 * access number, and a failed step carries the stable word of the fault ("checksum").
 */
gboolean mbus_decode (const MgConfig *device, const guint8 *frame, gsize len, MgCall *call, MgReadout *out,
                      GError **error);

G_END_DECLS
