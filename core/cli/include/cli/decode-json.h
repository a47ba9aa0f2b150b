/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode-json.h: a decoded telegram as one line of JSON, docs/decode.schema.json. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

/**
 * CliTelegram: what `metergate decode` prints of one telegram.
 */
typedef struct {
    guint64 line;             /* of the input, from 1 */
    const MgReadout *readout; /* NULL: nothing could be read */
    const char *error_code;   /* "checksum"; NULL: none */
    const char *error_message;
    gint access; /* access number; -1: the telegram has none */
} CliTelegram;

/**
 * Appends one object and a line feed. Values are exact, in the unit named, never in E notation; texts are escaped as
 * RFC 8259 asks.
 */
void cli_decode_json (GString *out, const CliTelegram *telegram);

G_END_DECLS
