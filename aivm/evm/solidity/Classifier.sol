// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A dense layer of 8-bit weights over a row of 8-bit inputs, and the class of the largest sum: what
/// the AIVM's classifier does with MODEL_INFER, TENSOR_SOFTMAX and a comparison.
///
/// The weights are the code of an account of their own, the cheapest place for them. There is no
/// softmax and no probability: only the class, which does not need them.
contract Classifier {
    uint256 immutable inputs;
    uint256 immutable classes;
    address immutable weights;

    event Classified(uint256 class);

    constructor(uint256 width, uint256 count, bytes memory values) {
        inputs = width;
        classes = count;
        // Creation code that returns what follows it: a zero byte, which is no valid start, and the weights.
        bytes memory creation = abi.encodePacked(
            hex"61", uint16(values.length + 1), hex"80600a3d393df3", hex"00", values
        );
        address made;
        assembly {
            made := create(0, add(creation, 32), mload(creation))
        }
        require(made != address(0), "the weights cannot be stored");
        weights = made;
    }

    function classify(bytes calldata row) external returns (uint256 class) {
        uint256 width = inputs;
        uint256 count = classes;
        require(row.length == width, "rows of another length");
        address place = weights;
        int256 best = type(int256).min;
        assembly {
            // Biases of 4 bytes, then the weights of each class for all inputs.
            let table := mload(0x40)
            extcodecopy(place, table, 1, mul(count, add(width, 4)))
            let values := add(table, mul(4, count))
            for { let c := 0 } lt(c, count) { c := add(c, 1) } {
                let sum := signextend(3, shr(224, mload(add(table, mul(4, c)))))
                for { let i := 0 } lt(i, width) { i := add(i, 1) } {
                    let weight := signextend(0, shr(248, mload(values)))
                    let value := signextend(0, shr(248, calldataload(add(row.offset, i))))
                    sum := add(sum, mul(weight, value))
                    values := add(values, 1)
                }
                if sgt(sum, best) {
                    best := sum
                    class := c
                }
            }
        }
        emit Classified(class);
    }
}
