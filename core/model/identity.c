/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* identity.c: a device's identity as one text, "KAM-06855817-8-4". */
#include "meter.h"

char *model_identity_text (const MgIdentity *identity)
{
    if (identity == NULL || identity->serial == NULL || *identity->serial == '\0')
        return g_strdup ("");
    return g_strdup_printf ("%s-%s-%u-%u", identity->manufacturer != NULL ? identity->manufacturer : "",
                            identity->serial, identity->version, identity->medium);
}

static gboolean identity_number (const char *text, guint *out)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned (text, 10, 0, 65535, &number, NULL))
        return FALSE;
    *out = (guint) number;
    return TRUE;
}

gboolean model_identity_parse (const char *text, char **manufacturer, char **serial, guint *version, guint *medium)
{
    g_auto (GStrv) part = g_strsplit (text, "-", 5);

    if (g_strv_length (part) != 4 || *part[1] == '\0' || !identity_number (part[2], version) ||
        !identity_number (part[3], medium))
        return FALSE;
    *manufacturer = g_strdup (part[0]);
    *serial = g_strdup (part[1]);
    return TRUE;
}
