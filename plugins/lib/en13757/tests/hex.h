/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hex.h: telegrams as tests write them: hex with blanks. */
#pragma once

#include <glib.h>

static inline GByteArray *test_hex (const char *text)
{
    GByteArray *bytes = g_byte_array_new ();

    for (; *text != '\0'; text++) {
        if (g_ascii_isxdigit (text[0]) && g_ascii_isxdigit (text[1])) {
            guint8 byte = (guint8) (g_ascii_xdigit_value (text[0]) << 4 | g_ascii_xdigit_value (text[1]));

            g_byte_array_append (bytes, &byte, 1);
            text++;
        } else {
            g_assert_true (*text == ' ');
        }
    }
    return bytes;
}
