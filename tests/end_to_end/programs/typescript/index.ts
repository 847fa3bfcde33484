// The example with what a rehearsal adds to its deployment's inputs.

import * as pulumi from "@pulumi/pulumi";

const added = JSON.parse(process.env.REHEARSAL_INPUTS!);

pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (type !== "cloudhsm:index:CloudHsmDeployment") {
        return undefined;
    }
    for (const [section, values] of Object.entries<object>(added)) {
        props[section] = { ...props[section], ...values };
    }
    return { props, opts };
});

export * from "./example";
