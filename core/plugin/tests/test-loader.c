/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-loader.c: libltdl keeps a module for good, whether it takes advice or was built without. */
#include "loader.h"
#include "module.h"

#include <dlfcn.h>

static void module_stays_after_everybody_closed_it (void)
{
    g_autofree char *path = g_build_filename (g_getenv ("METERGATE_TEST_BAD"), "driver-kept.so", NULL);
    g_autoptr (GError) error = NULL;
    const MgModule *module;
    void *handle;

    loader_begin ();
    module = module_open (path, &handle, &error);
    g_assert_no_error (error);
    g_assert_true (loader_keep (path, module, &error));
    g_assert_no_error (error);
    dlclose (handle);
    handle = dlopen (path, RTLD_NOW | RTLD_NOLOAD);
    g_assert_nonnull (handle);
    g_assert_true (dlsym (handle, MG_MODULE_SYMBOL) == module);
    g_assert_cmpstr (module->name, ==, "kept");
    g_assert_null (dlsym (RTLD_DEFAULT, MG_MODULE_SYMBOL)); /* and is nobody else's */
}

static void what_is_not_there_is_said (void)
{
    g_autoptr (GError) error = NULL;

    loader_begin ();
    g_assert_false (loader_keep ("/nonexistent/driver-kept.so", NULL, &error));
    g_assert_error (error, MODULE_ERROR, MODULE_ERROR_LOAD);
    g_assert_true (g_str_has_prefix (error->message, "libltdl: "));
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/plugin/loader/what_is_not_there_is_said", what_is_not_there_is_said);
    g_test_add_func ("/plugin/loader/module_stays_after_everybody_closed_it", module_stays_after_everybody_closed_it);
    return g_test_run ();
}
