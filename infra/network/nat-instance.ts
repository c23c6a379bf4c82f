import { createHash } from 'node:crypto';
import { Duration, Validations } from 'aws-cdk-lib';
import {
  AmazonLinuxCpuType,
  CpuCredits,
  InstanceType,
  MachineImage,
  NatInstanceProviderV2,
  NatProvider,
  NatTrafficDirection,
  UserData,
} from 'aws-cdk-lib/aws-ec2';

/** Less memory than this machine has is not enough for dnf (amazonlinux/amazon-linux-2023#404). */
const instanceType = 't4g.micro';
/** The time that a machine has to become a router. */
const readyWithin = Duration.minutes(10);

/** A machine that the network routes through, as {@link NatProvider} and by its resource. */
export type NatInstance = {
  readonly provider: NatInstanceProviderV2;
  /** Completes the machine. Call it once the network has it. */
  readonly complete: () => void;
};

/**
 * Creates a machine with Amazon Linux that translates the addresses of the private subnets (AWS's
 * guide of VPCs, "NAT instances"). Each deployment replaces it if AWS has published a newer image.
 * The new machine routes before the old one goes.
 */
export const createNatInstance = (): NatInstance => {
  const userData = UserData.forLinux();
  const provider = NatProvider.instanceV2({
    instanceType: new InstanceType(instanceType),
    // CloudFormation looks up the newest image, not the synthesis.
    machineImage: MachineImage.latestAmazonLinux2023({ cpuType: AmazonLinuxCpuType.ARM_64 }),
    // Subnets give no public addresses.
    associatePublicIpAddress: true,
    // Beyond its credits the machine becomes slower, not dearer.
    creditSpecification: CpuCredits.STANDARD,
    defaultAllowedTraffic: NatTrafficDirection.NONE,
    userData,
  });
  const complete = () => {
    for (const instance of provider.gatewayInstances) {
      const commands = commandsOf();
      // Reports the end of the script to CloudFormation, which waits for it.
      userData.addSignalOnExitCommand(instance);
      userData.addCommands(...commands);
      const machine = instance.instance;
      machine.cfnOptions.creationPolicy = { resourceSignal: { timeout: readyWithin.toIsoString() } };
      machine.metadataOptions = { httpTokens: 'required' };
      // The budget counts by tag.
      machine.propagateTagsToVolumeOnCreation = true;
      machine.blockDeviceMappings = [
        {
          deviceName: '/dev/xvda',
          ebs: { encrypted: true, volumeType: 'gp3', volumeSize: 8, deleteOnTermination: true },
        },
      ];
      // A machine runs its script only once, so another script needs another machine.
      machine.overrideLogicalId(
        `NatInstance${createHash('sha256').update(commands.join('\n')).digest('hex').slice(0, 8)}`,
      );
      Validations.of(instance).acknowledge(
        {
          id: 'AwsSolutions::AwsSolutions-EC28',
          reason: 'Metrics each minute cost more than they are worth: the machine is for environments without users',
        },
        {
          id: 'AwsSolutions::AwsSolutions-EC29',
          reason: 'The machine holds no data, and each deployment may replace it',
        },
      );
    }
  };
  return { provider, complete };
};

/**
 * Returns CDK's script, which installs iptables and masks addresses, but repeats the installation:
 * it fails while another process cleans the cache of packages (aws/aws-cdk#36717).
 */
const commandsOf = (): string[] => {
  const [install = '', ...others] = NatInstanceProviderV2.DEFAULT_USER_DATA_COMMANDS;
  return ['set -e', `until ${install}; do sleep 5; done`, ...others];
};
