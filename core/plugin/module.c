/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c: opens one plugin file by the dynamic linker and looks at its descriptor. */
#include "module.h"

#include <host/mgh-module.h>

#include <dlfcn.h>
#include <string.h>

GQuark module_error_quark (void)
{
    return g_quark_from_static_string ("metergate-module-error-quark");
}

const char *module_remedy (int code)
{
    static const char *const remedies[] = {
        [MODULE_ERROR_NAME] = "name it after its kind and feature, like driver-mbus.so",
        [MODULE_ERROR_FILE] = "put the plugin itself there, as a plain file",
        [MODULE_ERROR_MODE] = "let root own file and folder, and take the right to write from group and others "
                              "(chown root, chmod go-w)",
        [MODULE_ERROR_LOAD] = "install what it needs, or build it anew against this gateway's SDK",
        [MODULE_ERROR_SYMBOL] = "it is no Metergate plugin, or lacks MG_MODULE_DEFINE; remove it or build it anew",
        [MODULE_ERROR_ABI] = "build it anew against this gateway's SDK, or install the version made for it",
        [MODULE_ERROR_CONTENT] = "a fault of the plugin; tell its vendor, and remove it until it is mended",
        [MODULE_ERROR_FEATURE] = "rename the file after one of its features",
        [MODULE_ERROR_TAKEN] = "remove one of the two",
        [MODULE_ERROR_PROBE] = "install Metergate anew: its metergate-probe does not run",
        [MODULE_ERROR_DIED] = "replace the file, or `metergate plugin enable` it to have it tried again",
        [MODULE_ERROR_CRASHES] = "replace the file, then `metergate plugin enable` it",
        [MODULE_ERROR_OFF] = "`metergate plugin enable` it",
    };

    G_STATIC_ASSERT (G_N_ELEMENTS (remedies) == MODULE_ERROR_LAST + 1);
    return code > 0 && code <= MODULE_ERROR_LAST ? remedies[code] : "remove it";
}

char *module_one_line (const char *text)
{
    g_autofree char *valid = g_utf8_make_valid (text, -1);

    for (char *c = valid; *c != '\0'; c++)
        if ((guchar) *c < 0x20 || *c == 0x7F)
            *c = ' ';
    return g_strdup (g_strstrip (valid));
}

gboolean module_parse_name (const char *file, guint32 *kind, char **feature, GError **error)
{
    const char *dash = strchr (file, '-');
    gsize len = strlen (file);
    gboolean good = dash != NULL && g_str_has_suffix (file, ".so") && len <= 48 && file + len - 3 > dash + 1;
    g_autofree char *nick = good ? g_strndup (file, (gsize) (dash - file)) : NULL;

    *kind = mgh_kind_parse (nick);
    for (const char *c = dash; good && c < file + len - 3; c++)
        good = g_ascii_islower (*c) || g_ascii_isdigit (*c) || *c == '-';
    if (good && *kind != 0) {
        *feature = g_strndup (dash + 1, (gsize) (file + len - 3 - dash - 1));
        return TRUE;
    }
    g_set_error (
        error, MODULE_ERROR, MODULE_ERROR_NAME,
        "its name is not driver-, format-, transport- or service-, a feature (lower case, digits, dashes) and .so");
    return FALSE;
}

/* The linker's words, without the path that whoever reports it names anyway. */
static void module_set_load_error (const char *path, const char *why, GError **error)
{
    g_autofree char *prefix = g_strconcat (path, ": ", NULL);
    g_autofree char *line = module_one_line (why != NULL ? why : "no reason given");

    g_set_error_literal (error, MODULE_ERROR, MODULE_ERROR_LOAD,
                         g_str_has_prefix (line, prefix) ? line + strlen (prefix) : line);
}

static gboolean module_has_feature (const MgModule *module, guint32 kind, const char *name)
{
    MgFeature feature;

    for (guint i = 0; mgh_table_get (&module->features, i, &feature, sizeof feature); i++)
        if (feature.kind == kind && strcmp (feature.name, name) == 0)
            return TRUE;
    return FALSE;
}

static char *module_feature_names (const MgModule *module)
{
    GString *names = g_string_new (NULL);
    MgFeature feature;

    for (guint i = 0; mgh_table_get (&module->features, i, &feature, sizeof feature); i++)
        g_string_append_printf (names, "%s%s-%s", i > 0 ? ", " : "", mgh_kind_nick (feature.kind), feature.name);
    return g_string_free (names, FALSE);
}

static gboolean module_check (const MgModule *module, const char *file, GError **error)
{
    g_autofree char *feature = NULL, *names = NULL;
    g_autoptr (GError) why = NULL;
    guint32 kind;

    if (!mg_module_check (module, &why)) {
        g_autofree char *line = module_one_line (why->message);
        gsize size;

        memcpy (&size, module, sizeof size);
        gboolean abi = size < G_STRUCT_OFFSET (MgModule, name) || module->abi_major != MG_ABI_MAJOR ||
                       module->abi_minor != MG_ABI_MINOR;
        g_set_error_literal (error, MODULE_ERROR, abi ? MODULE_ERROR_ABI : MODULE_ERROR_CONTENT, line);
        return FALSE;
    }
    if (!module_parse_name (file, &kind, &feature, error))
        return FALSE;
    if (module_has_feature (module, kind, feature))
        return TRUE;
    names = module_feature_names (module);
    g_set_error (error, MODULE_ERROR, MODULE_ERROR_FEATURE, "it holds %s, but nothing that is named like the file",
                 names);
    return FALSE;
}

const MgModule *module_open (const char *path, void **handle, GError **error)
{
    g_autofree char *file = g_path_get_basename (path);
    const MgModule *module;

    *handle = dlopen (path, RTLD_NOW | RTLD_LOCAL);
    if (*handle == NULL) {
        module_set_load_error (path, dlerror (), error);
        return NULL;
    }
    module = dlsym (*handle, MG_MODULE_SYMBOL);
    if (module == NULL)
        g_set_error (error, MODULE_ERROR, MODULE_ERROR_SYMBOL, "it does not export %s", MG_MODULE_SYMBOL);
    else if (module_check (module, file, error))
        return module;
    dlclose (*handle);
    *handle = NULL;
    return NULL;
}
