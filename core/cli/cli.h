/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cli.h: the commands of `metergate`. Each returns the exit code: 0 good, 1 something was wrong, 2 usage. */
#pragma once

#include <metergate.h>

G_BEGIN_DECLS

#define CLI_GOOD  0
#define CLI_WRONG 1
#define CLI_USAGE 2

/** metergate decode --protocol NAME [--plugin-dir DIR] FILE|- */
int cli_decode (int argc, char **argv);

/**
 * Opens the plugin of a protocol and finds its driver.
 *
 * @plugin_dir: where driver-PROTOCOL.so is; NULL: the folder METERGATE_PLUGIN_DIR, the build tree of this program, or
 * where plugins are installed, whichever has it first
 *
 * Returns: (transfer none): the driver's functions, which stay loaded; NULL with an error
 */
const MgDriverOps *cli_open_driver (const char *protocol, const char *plugin_dir, GError **error);

G_END_DECLS
