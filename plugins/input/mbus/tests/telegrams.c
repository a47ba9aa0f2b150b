/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* telegrams.c: telegrams for tests. */
#include "telegrams.h"

#include <string.h>

#define LONG_HEADER "78563412 2440 01 07 55 00 0000"

static const struct {
    const char *name;
    guint8 ci;
    const char *hex;
} own[] = {
    { "numbers", 0x72,
      LONG_HEADER "0406E7910000 142CDB000000 022A0001 032D563412 0637010000000001 0713FEFFFFFFFFFFFFFF 0C1412345678 "
                  "0E0678563412907F" },
    { "reals", 0x72, LONG_HEADER "052E0000C03F 0513000080BF 053E0000C07F 055B3333B341" },
    { "chains", 0x72,
      LONG_HEADER "C4FFFFFFFFFFFFFFFFFF7F0601000000 8B6004371802 02FDC9FF01E600 05FDC8FC0100006643 0493F73C01000000" },
    { "texts", 0x72,
      LONG_HEADER
      "0DFD0C05656C706D61 0D78024B4E 02FC0348522574D411 027C034852256400 0DFD3B03010203 0D13C23412 0D13E3010203" },
    { "dates", 0x72,
      LONG_HEADER
      "426CFE04 4413E8030000 046D00204111 066D0000A0411135 036D1E0F0C 426CFFFF 54 13 2A000000 546D00204111" },
    { "more follow", 0x72, LONG_HEADER "2F2F 0413E8030000 2F 1F AABBCC" },
    { "mode 2", 0x76, "12345678 4024 01 07 55 00 0000 041300000001 0C1412345678 0D7803414243" },
    { "partly encrypted", 0x72, "78563412 2440 01 07 55 00 1005 00112233445566778899AABBCCDDEEFF 0413E8030000" },
    { "encrypted", 0x72,
      "78563412 2440 01 07 55 00 2005 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF" },
    { "mode 7", 0x72, "78563412 2440 01 07 55 00 1007 10 00112233445566778899AABBCCDDEEFF 0413E8030000" },
    { "heat meter", 0x72,
      LONG_HEADER
      "0C7878563412 0406A1860100 142CE8030000 042DE8030000 0422E8030000 0459B80B0000 045DD0070000 0461E8030000 "
      "043BF4010000 143B58020000 84100600000000 84401401000000 046D1A2E6511 440650C30000 4414E8030000 "
      "542DD0070000 426C5F1C 0F0000000001020304050607080910111213141516171819" },
    { "electricity meter", 0x72,
      LONG_HEADER
      "0DFD0C06656C706D6173 02FD170000 0E0412345678 9012 8E10041234567890 12 04FB826A01000000 02FDC8FF01E600 "
      "02FDC8FF02E700 02FDC8FF03E800 03FDD9FF01102700 02FB2DF401 042B10270000 0CFB1412000000 CC1004785634 12" },
    { "short header", 0x7A, "55 00 0000 0413E8030000" },
    { "no header", 0x78, "0413E8030000" },
    { "fixed", 0x73, "78563412 0A 00 E97E 01000000 35010000" },
    { "busy", 0x70, "08" },
    { "alarm", 0x71, "05" },
};

gsize telegram_hex (const char *hex, guint8 *bytes, gsize max)
{
    gsize digits = 0;

    for (; *hex != '\0' && digits < 2 * max; hex++)
        if (g_ascii_isxdigit (*hex)) {
            guint8 high = digits % 2 ? (guint8) (bytes[digits / 2] << 4) : 0;

            bytes[digits / 2] = (guint8) (high | g_ascii_xdigit_value (*hex));
            digits++;
        }
    return digits / 2;
}

gsize telegram_frame (guint8 out[MBUS_FRAME_MAX], guint8 ci, const guint8 *data, gsize len)
{
    return mbus_frame_write_long (out, 0x08, 1, ci, data, len);
}

void telegrams_own (TelegramFunc func)
{
    for (guint i = 0; i < G_N_ELEMENTS (own); i++) {
        guint8 data[252], frame[MBUS_FRAME_MAX];
        gsize len = telegram_frame (frame, own[i].ci, data, telegram_hex (own[i].hex, data, sizeof data));

        func (own[i].name, frame, len);
    }
}

static GDir *corpus_open (char **path)
{
    static const char *const places[] = { "../shared/corpus", "../../shared/corpus" };
    const char *root = g_getenv ("METERGATE_SOURCE");
    GDir *dir = NULL;

    *path = g_strdup (g_getenv ("METERGATE_CORPUS"));
    if (*path != NULL)
        return g_dir_open (*path, 0, NULL);
    for (guint i = 0; dir == NULL && i < G_N_ELEMENTS (places); i++) {
        g_free (*path);
        *path = g_build_filename (root != NULL ? root : ".", places[i], NULL);
        dir = g_dir_open (*path, 0, NULL);
    }
    return dir;
}

gboolean telegrams_corpus (TelegramFunc func)
{
    g_autofree char *path = NULL;
    g_autoptr (GDir) dir = corpus_open (&path);
    const char *name;

    if (dir == NULL)
        return FALSE;
    while ((name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *file = g_build_filename (path, name, NULL);
        g_auto (GStrv) lines = NULL;
        g_autofree char *text = NULL;

        if (!g_str_has_prefix (name, "mbus__") || !g_str_has_suffix (name, ".hex") ||
            !g_file_get_contents (file, &text, NULL, NULL))
            continue;
        lines = g_strsplit (text, "\n", -1);
        for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
            guint8 bytes[MBUS_FRAME_MAX];

            func (name, bytes, telegram_hex (lines[i], bytes, sizeof bytes));
        }
    }
    return TRUE;
}
