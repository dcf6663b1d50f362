// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// The marketplace of the paper's Listing 1 as a contract of the EVM: a client orders a run of a model
/// and locks its price; the worker that was quoted delivers the output and is paid.
///
/// The EVM has no market, no escrow and no TEE. So the quote comes from a table that workers write
/// themselves, the escrow is the contract's own balance, and what stands for the attestation is one
/// signature of a key that the deployer trusts, over the same statement.
contract Marketplace {
    enum Status {
        None,
        Pending,
        Completed,
        Cancelled
    }

    struct Offer {
        address worker;
        uint96 base;
        uint96 perByte;
        bool free;
    }

    struct Job {
        address client;
        Status status;
        uint64 since;
        address worker;
        uint96 price;
        bytes32 model;
        bytes input;
        bytes output;
    }

    uint64 constant PATIENCE = 100;
    uint256 constant LONGEST = 4096;

    address public immutable attester;
    uint256 public next;
    mapping(bytes32 => Offer) public offers;
    mapping(uint256 => Job) public jobs;

    event JobSubmitted(uint256 job, address worker, uint256 price);
    event JobSettled(uint256 job);
    event JobCancelled(uint256 job);

    constructor(address trusted) {
        attester = trusted;
    }

    function offer(bytes32 model, uint96 base, uint96 perByte) external {
        offers[model] = Offer(msg.sender, base, perByte, true);
    }

    function submitJob(bytes32 model, bytes calldata input, uint256 maxPrice)
        external
        payable
        returns (uint256 job)
    {
        require(input.length <= LONGEST, "the input is too long");
        Offer storage found = offers[model];
        require(found.free, "nobody runs this model");
        uint256 price = found.base + found.perByte * input.length;
        require(price <= maxPrice, "the price is above the maximum");
        require(msg.value >= price, "less was sent than the price");
        job = next++;
        Job storage record = jobs[job];
        record.client = msg.sender;
        record.status = Status.Pending;
        record.since = uint64(block.number);
        record.worker = found.worker;
        record.price = uint96(price);
        record.model = model;
        record.input = input;
        emit JobSubmitted(job, found.worker, price);
        if (msg.value > price) {
            send(msg.sender, msg.value - price);
        }
    }

    function settleJob(uint256 job, bytes calldata output, uint8 v, bytes32 r, bytes32 s) external {
        require(output.length <= LONGEST, "the output is too long");
        Job storage record = jobs[job];
        require(record.status == Status.Pending, "the job is not pending");
        require(msg.sender == record.worker, "only the job's worker settles it");
        bytes32 statement = keccak256(abi.encode(address(this), job, record.model, keccak256(output)));
        require(ecrecover(statement, v, r, s) == attester, "the attestation does not stand");
        record.status = Status.Completed;
        record.output = output;
        emit JobSettled(job);
        send(record.worker, record.price);
    }

    function cancelJob(uint256 job) external {
        Job storage record = jobs[job];
        require(record.status == Status.Pending, "the job is not pending");
        require(msg.sender == record.client, "only the job's client cancels it");
        require(block.number >= record.since + PATIENCE, "the worker still has time");
        record.status = Status.Cancelled;
        emit JobCancelled(job);
        send(record.client, record.price);
    }

    function send(address to, uint256 amount) private {
        (bool sent, ) = to.call{value: amount}("");
        require(sent, "the payment failed");
    }
}
