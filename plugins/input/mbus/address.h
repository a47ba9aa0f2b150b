/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* address.h: how a person writes where a meter is, and the eight bytes of a selection (EN 13757-7). Pure. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

#define MBUS_ADDRESS_TEXT_MAX 32u /* with the NUL */

/**
 * MbusAddress: primary, or secondary with wildcards.
 *
 * `mask` is what SND_UD with CI 52 carries: identification (four bytes, last digits first), manufacturer (low byte
 * first), version, medium. A digit F and a byte FF stand for anything.
 */
typedef struct {
    gboolean is_secondary;
    guint8 primary; /* 0..250 */
    guint8 mask[8];
} MbusAddress;

/**
 * Reads an address: "5"; "KAM-12345678-8-4", where the digits of the identification may be F, and the other parts may
 * be `*`; the identification alone, "12345678"; or the 16 hex digits that many tools print, "123456782D2C0804".
 *
 * A manufacturer that is no three letters is written as four hex digits of its code.
 */
gboolean mbus_address_parse (const char *text, MbusAddress *address, GError **error);

/** The one normal form: "5" or "KAM-12345678-8-4". */
void mbus_address_print (const MbusAddress *address, char text[MBUS_ADDRESS_TEXT_MAX]);

/** Whether a meter with this identification and so on is meant; `has_maker`: FALSE for fixed data, which has only the
 * first. */
gboolean mbus_address_covers (const MbusAddress *address, guint32 id, gboolean has_maker, guint16 manufacturer,
                              guint8 version, guint8 medium);

G_END_DECLS
